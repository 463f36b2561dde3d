"""The built-in registry: skopeo against it, and the distribution protocol by hand where skopeo never goes."""

import base64
import gzip
import hashlib
import http.client
import io
import json
import os
import shutil
import subprocess
import tarfile

import pytest

from server import Server, refused

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def make_layout(directory, files):
    """An OCI layout with one layer; returns the manifest's digest."""
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data):
        (blobs / digest_of(data)[7:]).write_bytes(data)
        return {"digest": digest_of(data), "size": len(data)}

    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    layer = put(gzip.compress(plain.getvalue())) | {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}
    config = put(json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                             "rootfs": {"type": "layers", "diff_ids": [digest_of(plain.getvalue())]}}).encode())
    config["mediaType"] = "application/vnd.oci.image.config.v1+json"
    manifest = put(json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config,
                               "layers": [layer]}).encode()) | {"mediaType": OCI_MANIFEST}
    (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    tagged = manifest | {"annotations": {"org.opencontainers.image.ref.name": "it"}}
    (directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [tagged]}))
    return manifest["digest"]


class Raw:
    """The protocol itself. `target` may be what a Location header said."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        token = server.boto3("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
        self.headers = {"Authorization": "Basic " + token}

    def __call__(self, method, target, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, target, body=body, headers=self.headers | named)
        reply = self.connection.getresponse()
        data = reply.read()
        return reply.status, dict((k.lower(), v) for k, v in reply.getheaders()), data

    def push_blob(self, name, data):
        status, headers, _ = self("POST", f"/v2/{name}/blobs/uploads/")
        assert status == 202
        status, headers, _ = self("PUT", f"{headers['location']}?digest={digest_of(data)}", data)
        assert (status, headers["docker-content-digest"]) == (201, digest_of(data))


def code(reply):
    return reply[0], json.loads(reply[2])["errors"][0]["code"]


@pytest.fixture(scope="module")
def raw(shared_server):
    shared_server.boto3("ecr").create_repository(repositoryName="raw/one")
    shared_server.boto3("ecr").create_repository(repositoryName="raw/two")
    return Raw(shared_server)


@pytest.mark.skipif(not shutil.which("skopeo"), reason="skopeo is not installed: make setup")
def test_skopeo(server, tmp_path):
    digest = make_layout(tmp_path / "oci", {"hello": b"world", "big": os.urandom(3_000_000)})
    server.boto3("ecr").create_repository(repositoryName="team/app")
    password = server.aws("ecr", "get-login-password", text=True).strip()

    def skopeo(*arguments, check=True):
        done = subprocess.run(["skopeo", *arguments], capture_output=True, text=True, timeout=120)
        assert not check or done.returncode == 0, done.stderr
        return done

    where = f"docker://127.0.0.1:{server.port}/team"
    push = ["copy", "--dest-tls-verify=false", "--dest-creds", f"AWS:{password}", f"oci:{tmp_path}/oci:it"]
    skopeo(*push, f"{where}/app:v1")
    skopeo(*push, f"{where}/app:v2")
    skopeo(*push, "--format", "v2s2", f"{where}/app:docker")
    assert "The repository with name 'team/none' does not exist" in skopeo(*push, f"{where}/none:v1", check=False).stderr

    server.kill()
    server.start()
    where = f"docker://127.0.0.1:{server.port}/team"
    pull = ["--src-tls-verify=false", "--src-creds", f"AWS:{password}"]
    skopeo("copy", *pull, f"{where}/app:v1", f"oci:{tmp_path}/back:it")
    assert sorted(os.listdir(tmp_path / "back/blobs/sha256")) == sorted(os.listdir(tmp_path / "oci/blobs/sha256"))
    images = {image["imageDigest"]: image for image in
              server.boto3("ecr").describe_images(repositoryName="team/app")["imageDetails"]}
    assert images[digest]["imageTags"] == ["v1", "v2"]
    assert len(images) == 2
    listed = skopeo("list-tags", "--tls-verify=false", "--creds", f"AWS:{password}", f"{where}/app")
    assert json.loads(listed.stdout)["Tags"] == ["docker", "v1", "v2"]


def test_the_first_request_asks_for_a_password(shared_server):
    connection = http.client.HTTPConnection("127.0.0.1", shared_server.port, timeout=20)
    connection.request("GET", "/v2/")
    reply = connection.getresponse()
    assert reply.status == 401 and reply.getheader("Www-Authenticate").startswith('Basic realm="https://000000000000.dkr.ecr.')
    assert reply.read() == b"Not Authorized\n"


def test_strict_takes_only_passwords_of_its_own(tmp_path):
    (tmp_path / "keys").write_text("AKID SECRET\n")
    server = Server("--auth", "strict", "--keys", str(tmp_path / "keys")).start()
    try:
        ecr = server.boto3("ecr", "AKID", "SECRET")
        ecr.create_repository(repositoryName="app")
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]

        def status(authorization):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            connection.request("GET", "/v2/app/tags/list", headers={"Authorization": authorization} if authorization else {})
            return connection.getresponse().status

        assert status("Basic " + token) == 200
        assert status(None) == 401
        plain = base64.b64decode(token).decode()
        head, expiry, seal = plain.rsplit(".", 2)
        for other in ("AWS:guess", "", plain + "0", f"{head}.{int(expiry) + 1}.{seal}"):
            assert status("Basic " + base64.b64encode(other.encode()).decode()) == 401
    finally:
        server.remove()


def test_blobs_in_pieces(raw):
    data = os.urandom(100_000)
    status, headers, _ = raw("POST", "/v2/raw/one/blobs/uploads/")
    assert status == 202
    where = headers["location"]
    status, headers, _ = raw("PATCH", where, iter([data[:30_000], data[30_000:50_000]]))  # chunked, without a range
    assert (status, headers["range"]) == (202, "0-49999")
    assert raw("PATCH", where, b"x", Content_Range="10-10")[0] == 416
    status, headers, _ = raw("PATCH", where, data[50_000:90_000], Content_Range="50000-89999")
    assert (status, headers["range"]) == (202, "0-89999")
    assert raw("GET", where)[0] == 204
    status, headers, _ = raw("PUT", f"{where}?digest={digest_of(data)}", data[90_000:])
    assert status == 201 and headers["location"] == f"/v2/raw/one/blobs/{digest_of(data)}"
    assert raw("GET", headers["location"])[2] == data
    assert raw("GET", headers["location"], Range="bytes=5-9")[2] == data[5:10]
    status, headers, body = raw("HEAD", headers["location"])
    assert (status, headers["content-length"], body) == (200, "100000", b"")
    assert code(raw("PATCH", where, b"x")) == (404, "BLOB_UPLOAD_UNKNOWN")
    # Another repository has it only once it is mounted there.
    blob = f"blobs/{digest_of(data)}"
    assert raw("HEAD", f"/v2/raw/two/{blob}")[0] == 404
    assert raw("POST", f"/v2/raw/two/blobs/uploads/?mount={digest_of(data)}&from=raw/one")[0] == 201
    assert raw("GET", f"/v2/raw/two/{blob}")[2] == data
    assert raw("POST", f"/v2/raw/two/blobs/uploads/?mount={digest_of(b'none')}&from=raw/one")[0] == 202


def test_what_is_refused(raw):
    _, headers, _ = raw("POST", "/v2/raw/one/blobs/uploads/")
    assert code(raw("PUT", f"{headers['location']}?digest={digest_of(b'a')}", b"b")) == (400, "DIGEST_INVALID")
    assert code(raw("POST", "/v2/none/blobs/uploads/")) == (404, "NAME_UNKNOWN")
    assert code(raw("GET", "/v2/raw/one/manifests/none")) == (404, "MANIFEST_UNKNOWN")
    assert code(raw("GET", f"/v2/raw/one/blobs/{digest_of(b'none')}")) == (404, "BLOB_UNKNOWN")
    missing = json.dumps({"schemaVersion": 2, "config": {"digest": digest_of(b"none"), "size": 4}, "layers": []})
    assert code(raw("PUT", "/v2/raw/one/manifests/t", missing, Content_Type=OCI_MANIFEST)) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert code(raw("PUT", "/v2/raw/one/manifests/t", "{", Content_Type=OCI_MANIFEST)) == (400, "MANIFEST_INVALID")
    assert raw("PUT", "/v2/raw/one/manifests/t", "x" * (5 << 20), Content_Type=OCI_MANIFEST)[0] == 413
    raw.connection.close()
    assert code(raw("DELETE", f"/v2/raw/one/blobs/{digest_of(b'none')}")) == (405, "UNSUPPORTED")


def test_manifests_tags_and_immutability(shared_server, raw):
    config = b"{}"
    raw.push_blob("raw/one", config)
    manifest = json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
                           "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                                      "digest": digest_of(config), "size": 2}}).encode()
    for tag in ("c", "a", "b"):
        assert raw("PUT", f"/v2/raw/one/manifests/{tag}", manifest, Content_Type=OCI_MANIFEST)[0] == 201
    assert raw("PUT", "/v2/raw/one/manifests/a", manifest, Content_Type=OCI_MANIFEST)[0] == 201  # again
    status, headers, body = raw("GET", f"/v2/raw/one/manifests/{digest_of(manifest)}")
    assert (status, headers["content-type"], body) == (200, OCI_MANIFEST, manifest)
    status, headers, body = raw("HEAD", "/v2/raw/one/manifests/a")
    assert (headers["docker-content-digest"], headers["content-length"], body) == (digest_of(manifest), str(len(manifest)), b"")
    _, headers, body = raw("GET", "/v2/raw/one/tags/list?n=2")
    assert json.loads(body) == {"name": "raw/one", "tags": ["a", "b"]}
    assert headers["link"] == '</v2/raw/one/tags/list?n=2&last=b>; rel="next"'
    assert json.loads(raw("GET", "/v2/raw/one/tags/list?n=2&last=b")[2])["tags"] == ["c"]

    ecr = shared_server.boto3("ecr")
    ecr.put_image_tag_mutability(repositoryName="raw/one", imageTagMutability="IMMUTABLE")
    other = manifest.replace(b"{", b'{"annotations":{},', 1)
    assert code(raw("PUT", "/v2/raw/one/manifests/a", other, Content_Type=OCI_MANIFEST)) == (400, "TAG_INVALID")
    # The API sees what the registry took, and the other way round.
    ecr.put_image(repositoryName="raw/one", imageTag="api", imageManifest=other.decode(), imageManifestMediaType=OCI_MANIFEST)
    assert raw("GET", "/v2/raw/one/manifests/api")[2] == other
    again = refused(ecr.put_image, repositoryName="raw/one", imageTag="api", imageManifest=other.decode())
    assert again[0] == "ImageAlreadyExistsException"
    assert raw("DELETE", "/v2/raw/one/manifests/api")[0] == 202
    assert raw("GET", "/v2/raw/one/manifests/api")[0] == 404
