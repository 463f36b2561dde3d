"""`aws s3` on whole folders, uploads in parts and presigned URLs."""

import hashlib
import os
import urllib.error
import urllib.request

import pytest

from server import REGION, Server, refused

LARGE = 20 * 1024 * 1024  # three parts of the AWS CLI's 8 MiB


@pytest.fixture
def s3(shared_server):
    return shared_server.boto3("s3", s3={"addressing_style": "path"}, signature_version="s3v4")


@pytest.fixture
def bucket(s3, request):
    name = request.node.name.replace("_", "-")[:60].rstrip("-")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def test_cp_of_a_folder_there_and_back(shared_server, bucket, tmp_path):
    there, back = tmp_path / "there", tmp_path / "back"
    (there / "deep" / "er").mkdir(parents=True)
    large = os.urandom(LARGE)
    (there / "large.bin").write_bytes(large)
    (there / "empty").write_bytes(b"")
    (there / "deep" / "er" / "with space+plus.txt").write_text("small")
    shared_server.aws("s3", "cp", "--recursive", there, f"s3://{bucket}/in/", text=True)
    listed = shared_server.aws("s3", "ls", "--recursive", f"s3://{bucket}/", text=True)
    assert {tuple(line.split(maxsplit=3)[2:]) for line in listed.splitlines()} == {
        (str(LARGE), "in/large.bin"), ("0", "in/empty"), ("5", "in/deep/er/with space+plus.txt")}
    assert "PRE deep/" in shared_server.aws("s3", "ls", f"s3://{bucket}/in/", text=True)
    shared_server.aws("s3", "cp", "--recursive", f"s3://{bucket}/in", back, text=True)
    assert (back / "large.bin").read_bytes() == large
    assert (back / "deep" / "er" / "with space+plus.txt").read_text() == "small"
    assert (back / "empty").read_bytes() == b""
    shared_server.aws("s3", "rm", "--recursive", f"s3://{bucket}/in", text=True)
    assert shared_server.aws("s3", "ls", "--recursive", f"s3://{bucket}/", check=False, text=True).stdout == ""
    shared_server.aws("s3", "rb", f"s3://{bucket}", text=True)


def test_a_multipart_upload(s3, bucket):
    first, second = os.urandom(5 * 1024 * 1024), b"the rest"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    tags = [s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number, Body=body)["ETag"]
            for number, body in ((1, first), (2, second))]
    assert [p["Size"] for p in s3.list_parts(Bucket=bucket, Key="parts", UploadId=upload)["Parts"]] == [len(first), 8]
    assert refused(s3.head_object, Bucket=bucket, Key="parts")[2] == 404
    done = s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": number + 1, "ETag": tag} for number, tag in enumerate(tags)]})
    digest = hashlib.md5(b"".join(bytes.fromhex(tag.strip('"')) for tag in tags)).hexdigest()
    assert done["ETag"] == f'"{digest}-2"'
    assert s3.get_object(Bucket=bucket, Key="parts")["Body"].read() == first + second
    across = s3.get_object(Bucket=bucket, Key="parts", Range=f"bytes={len(first) - 2}-{len(first) + 2}")
    assert across["Body"].read() == first[-2:] + second[:3]


def test_presigned_urls(s3, bucket):
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "signed"})
    with urllib.request.urlopen(urllib.request.Request(put, data=b"by URL", method="PUT"), timeout=5) as reply:
        assert reply.status == 200
    with urllib.request.urlopen(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "signed"}),
                                timeout=5) as reply:
        assert reply.read() == b"by URL"


def test_presigned_urls_are_verified(tmp_path):
    (tmp_path / "keys").write_text("AKIAEXAMPLE secret\n")
    server = Server("--auth", "strict", "--keys", str(tmp_path / "keys")).start()
    try:
        s3 = server.boto3("s3", "AKIAEXAMPLE", "secret", signature_version="s3v4")
        s3.create_bucket(Bucket="signed", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="signed", Key="k", Body=b"secret")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "signed", "Key": "k"}, ExpiresIn=60)
        with urllib.request.urlopen(url, timeout=5) as reply:
            assert reply.read() == b"secret"
        for wrong, code in ((url.replace("Expires=60", "Expires=600"), "SignatureDoesNotMatch"),
                            (url.split("?")[0], "AccessDenied")):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(wrong, timeout=5)
            assert caught.value.code == 403 and f"<Code>{code}</Code>" in caught.value.read().decode()
    finally:
        server.remove()


def test_no_file_is_left_behind(tmp_path):
    """Of an upload that the service refuses."""
    server = Server(data=tmp_path / "data").start()
    objects = server.data / "objects"
    s3 = server.boto3("s3")
    s3.create_bucket(Bucket="left", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="left", Key="stays", Body=b"bytes")
    [stays] = objects.iterdir()
    for wish in ({"StorageClass": "NO_SUCH"}, {"ObjectLockMode": "GOVERNANCE"}, {"SSECustomerAlgorithm": "AES256"}):
        with pytest.raises(Exception):
            s3.put_object(Bucket="left", Key="refused", Body=b"bytes", **wish)
    with pytest.raises(Exception):
        s3.put_object(Bucket="elsewhere", Key="refused", Body=b"bytes")
    assert list(objects.iterdir()) == [stays]
    server.remove()
