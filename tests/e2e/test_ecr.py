"""ECR's own API with boto3 and the AWS CLI; the registry's protocol is in test_registry.py."""

import base64
import hashlib
import json
import urllib.request

import pytest

from server import ACCOUNT, REGION, refused

PULL = {"Version": "2008-10-17", "Statement": [{"Sid": "pull", "Effect": "Allow", "Principal": "*",
                                                "Action": ["ecr:BatchGetImage"]}]}
KEEP_TEN = {"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan",
                                                        "countNumber": 10}, "action": {"type": "expire"}}]}


@pytest.fixture
def ecr(shared_server):
    return shared_server.boto3("ecr")


@pytest.fixture
def repository(ecr, request):
    name = "team/" + request.node.name.replace("test_", "")
    ecr.create_repository(repositoryName=name, tags=[{"Key": "team", "Value": "a"}])
    yield name
    ecr.delete_repository(repositoryName=name)


def test_a_repository(ecr, repository):
    [shown] = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert shown["repositoryArn"] == f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{repository}"
    assert shown["repositoryUri"] == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository}"
    assert (shown["registryId"], shown["imageTagMutability"]) == (ACCOUNT, "MUTABLE")
    assert ecr.list_tags_for_resource(resourceArn=shown["repositoryArn"])["tags"] == [{"Key": "team", "Value": "a"}]
    ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="IMMUTABLE")
    [shown] = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert shown["imageTagMutability"] == "IMMUTABLE"
    assert ecr.list_images(repositoryName=repository)["imageIds"] == []


def test_policies(ecr, repository):
    here = f"the repository with name '{repository}' in the registry with id '{ACCOUNT}'"
    assert refused(ecr.get_repository_policy, repositoryName=repository) == (
        "RepositoryPolicyNotFoundException", f"Repository policy does not exist for {here}", 400)
    ecr.set_repository_policy(repositoryName=repository, policyText=json.dumps(PULL))
    assert json.loads(ecr.get_repository_policy(repositoryName=repository)["policyText"]) == PULL
    assert refused(ecr.get_lifecycle_policy, repositoryName=repository) == (
        "LifecyclePolicyNotFoundException", f"Lifecycle policy does not exist for {here}", 400)
    ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=json.dumps(KEEP_TEN))
    assert json.loads(ecr.get_lifecycle_policy(repositoryName=repository)["lifecyclePolicyText"]) == KEEP_TEN
    ecr.delete_lifecycle_policy(repositoryName=repository)
    assert refused(ecr.put_lifecycle_policy, repositoryName=repository, lifecyclePolicyText="{" * 120)[0] == \
        "InvalidParameterException"


def test_what_is_refused(ecr, repository):
    assert refused(ecr.create_repository, repositoryName=repository) == (
        "RepositoryAlreadyExistsException",
        f"The repository with name '{repository}' already exists in the registry with id '{ACCOUNT}'", 400)
    assert refused(ecr.describe_repositories, repositoryNames=["none"]) == (
        "RepositoryNotFoundException",
        f"The repository with name 'none' does not exist in the registry with id '{ACCOUNT}'", 400)
    assert refused(ecr.describe_images, repositoryName=repository, imageIds=[{"imageTag": "t"}]) == (
        "ImageNotFoundException", f"The image with imageId {{imageDigest:'null', imageTag:'t'}} does not exist within the "
        f"repository with name '{repository}' in the registry with id '{ACCOUNT}'", 400)
    [failure] = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "t"}])["failures"]
    assert failure["failureCode"] == "ImageNotFound"
    assert refused(ecr.create_repository, repositoryName="No/Good")[0] == "InvalidParameterException"


def test_a_password_and_the_cli(shared_server, ecr, repository):
    [data] = ecr.get_authorization_token()["authorizationData"]
    assert base64.b64decode(data["authorizationToken"]).startswith(b"AWS:")
    assert data["proxyEndpoint"] == f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    assert len(shared_server.aws("ecr", "get-login-password", text=True).strip()) > 50
    names = [r["repositoryName"] for r in shared_server.aws("ecr", "describe-repositories")["repositories"]]
    assert repository in names


def test_a_layer_in_parts_by_the_api(ecr, shared_server):
    ecr.create_repository(repositoryName="parts")
    layer = bytes(range(256)) * 4096
    digest = "sha256:" + hashlib.sha256(layer).hexdigest()

    def part(upload, first, body):
        return dict(repositoryName="parts", uploadId=upload, partFirstByte=first, partLastByte=first + len(body) - 1,
                    layerPartBlob=body)

    upload = ecr.initiate_layer_upload(repositoryName="parts")["uploadId"]
    assert refused(ecr.complete_layer_upload, repositoryName="parts", uploadId=upload, layerDigests=[digest])[0] == (
        "EmptyUploadException")
    assert ecr.upload_layer_part(**part(upload, 0, layer[:600_000]))["lastByteReceived"] == 599_999
    assert refused(ecr.upload_layer_part, **part(upload, 1, layer[600_000:]))[0] == "InvalidLayerPartException"
    ecr.upload_layer_part(**part(upload, 600_000, layer[600_000:]))
    done = ecr.complete_layer_upload(repositoryName="parts", uploadId=upload, layerDigests=[digest])
    assert done["layerDigest"] == digest
    assert refused(ecr.upload_layer_part, **part(upload, len(layer), b"more"))[0] == "UploadNotFoundException"
    url = ecr.get_download_url_for_layer(repositoryName="parts", layerDigest=digest)["downloadUrl"]
    with urllib.request.urlopen(url) as reply:
        assert reply.read() == layer

    upload = ecr.initiate_layer_upload(repositoryName="parts")["uploadId"]
    ecr.upload_layer_part(**part(upload, 0, b"other bytes"))
    assert refused(ecr.complete_layer_upload, repositoryName="parts", uploadId=upload, layerDigests=[digest])[0] == (
        "InvalidLayerException")
    assert not (shared_server.data / "blobs" / "sha256" / hashlib.sha256(b"other bytes").hexdigest()).exists()
