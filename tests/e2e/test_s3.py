"""S3 with real clients: boto3 and the AWS CLI."""

import hashlib
import os
import subprocess

import pytest
from botocore.exceptions import ClientError

from server import REGION

MEBIBYTE = 1 << 20


@pytest.fixture
def bucket(shared_server):
    s3 = shared_server.boto3("s3")
    s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": REGION})
    yield s3
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="box"):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket="box", Key=item["Key"])
    s3.delete_bucket(Bucket="box")


def code(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


def test_objects(bucket):
    body = os.urandom(100_000)
    put = bucket.put_object(Bucket="box", Key="a/b c+ü.bin", Body=body, ContentType="text/x", Metadata={"who": "me"})
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = bucket.get_object(Bucket="box", Key="a/b c+ü.bin")
    assert got["Body"].read() == body
    assert (got["ContentType"], got["Metadata"], got["ContentLength"]) == ("text/x", {"who": "me"}, 100_000)
    part = bucket.get_object(Bucket="box", Key="a/b c+ü.bin", Range="bytes=10-19")
    assert part["Body"].read() == body[10:20]
    assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert part["ContentRange"] == "bytes 10-19/100000"
    head = bucket.head_object(Bucket="box", Key="a/b c+ü.bin")
    assert head["ContentLength"] == 100_000 and head["ETag"] == put["ETag"]
    assert code(bucket.head_object, Bucket="box", Key="none") == "404"
    assert code(bucket.get_object, Bucket="box", Key="none") == "NoSuchKey"
    assert code(bucket.get_object, Bucket="box", Key="a/b c+ü.bin", IfNoneMatch=put["ETag"]) == "304"
    assert code(bucket.get_object, Bucket="box", Key="a/b c+ü.bin", Range="bytes=100000-") == "InvalidRange"
    bucket.put_object(Bucket="box", Key="empty", Body=b"")
    assert bucket.get_object(Bucket="box", Key="empty")["Body"].read() == b""


def test_listing(bucket):
    for key in ("a", "b/1", "b/2", "d e+f", "z<&>"):
        bucket.put_object(Bucket="box", Key=key, Body=key.encode())
    listed = bucket.list_objects_v2(Bucket="box", Delimiter="/")
    assert [item["Key"] for item in listed["Contents"]] == ["a", "d e+f", "z<&>"]
    assert [group["Prefix"] for group in listed["CommonPrefixes"]] == ["b/"]
    pages = bucket.get_paginator("list_objects_v2").paginate(Bucket="box", PaginationConfig={"PageSize": 2})
    assert [item["Key"] for page in pages for item in page["Contents"]] == ["a", "b/1", "b/2", "d e+f", "z<&>"]
    pages = bucket.get_paginator("list_objects").paginate(Bucket="box", PaginationConfig={"PageSize": 2})
    assert [item["Key"] for page in pages for item in page["Contents"]] == ["a", "b/1", "b/2", "d e+f", "z<&>"]
    gone = bucket.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "a"}, {"Key": "z<&>"}]})
    assert [item["Key"] for item in gone["Deleted"]] == ["a", "z<&>"]
    copied = bucket.copy_object(Bucket="box", Key="copy", CopySource={"Bucket": "box", "Key": "d e+f"})
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"d e+f").hexdigest()}"'
    assert bucket.get_object(Bucket="box", Key="copy")["Body"].read() == b"d e+f"


def test_multipart(bucket, tmp_path):
    body = os.urandom(20 * MEBIBYTE)
    path = tmp_path / "big"
    path.write_bytes(body)
    bucket.upload_file(str(path), "box", "big")
    head = bucket.head_object(Bucket="box", Key="big")
    assert head["ContentLength"] == len(body) and head["ETag"].endswith('-3"')
    bucket.download_file("box", "big", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == body


def test_buckets(shared_server):
    s3 = shared_server.boto3("s3")
    assert code(s3.head_bucket, Bucket="nothing-here") == "404"
    assert code(s3.list_objects_v2, Bucket="nothing-here") == "NoSuchBucket"
    assert code(s3.create_bucket, Bucket="No_Good_Name") == "InvalidBucketName"
    assert code(s3.get_bucket_acl, Bucket="nothing-here") == "NotImplemented"


def test_cli(shared_server, bucket, tmp_path):
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "one.txt").write_text("one")
    (source / "deep" / "two.txt").write_text("two")
    (source / "large.bin").write_bytes(os.urandom(9 * MEBIBYTE))
    shared_server.aws("s3", "cp", "--recursive", str(source), "s3://box/tree/", text=True)
    listed = shared_server.aws("s3", "ls", "--recursive", "s3://box/", text=True)
    assert [line.split()[-1] for line in listed.splitlines()] == ["tree/deep/two.txt", "tree/large.bin", "tree/one.txt"]
    shared_server.aws("s3", "sync", "s3://box/tree/", str(tmp_path / "back"), text=True)
    assert subprocess.run(["diff", "-r", source, tmp_path / "back"]).returncode == 0
    shared_server.aws("s3", "cp", "s3://box/tree/large.bin", "s3://box/copied.bin", text=True)
    shared_server.aws("s3", "rm", "--recursive", "s3://box/", text=True)
