"""Parameter Store and Secrets Manager with Debian's AWS CLI and boto3."""

import pytest

from server import ACCOUNT, REGION, refused


@pytest.fixture
def ssm(shared_server):
    return shared_server.boto3("ssm")


@pytest.fixture
def secrets(shared_server):
    return shared_server.boto3("secretsmanager")


def test_the_cli_puts_and_gets_a_parameter(shared_server):
    put = shared_server.aws("ssm", "put-parameter", "--name", "/cli/url", "--type", "String", "--value", "file-like",
                            "--tags", "Key=team,Value=x")
    assert put == {"Version": 1, "Tier": "Standard"}
    got = shared_server.aws("ssm", "get-parameter", "--name", "/cli/url")["Parameter"]
    assert got.pop("LastModifiedDate")
    assert got == {"Name": "/cli/url", "Type": "String", "Value": "file-like", "Version": 1, "DataType": "text",
                   "ARN": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/cli/url"}
    tags = shared_server.aws("ssm", "list-tags-for-resource", "--resource-type", "Parameter", "--resource-id", "/cli/url")
    assert tags == {"TagList": [{"Key": "team", "Value": "x"}]}
    failed = shared_server.aws("ssm", "get-parameter", "--name", "nobody", check=False)
    assert "An error occurred (ParameterNotFound) when calling the GetParameter operation" in failed.stderr
    again = shared_server.aws("ssm", "put-parameter", "--name", "/cli/url", "--type", "String", "--value", "x", check=False)
    assert "The parameter already exists. To overwrite this value, set the overwrite option" in again.stderr


def test_versions_labels_and_paths(ssm):
    for value in ("1", "2", "3"):
        ssm.put_parameter(Name="/paths/a/b", Type="SecureString", Value=value, Overwrite=True)
    ssm.put_parameter(Name="/paths/c", Type="StringList", Value="x,y")
    ssm.label_parameter_version(Name="/paths/a/b", ParameterVersion=2, Labels=["live"])
    get = lambda name: ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]  # noqa: E731
    assert [get("/paths/a/b"), get("/paths/a/b:1"), get("/paths/a/b:live")] == ["3", "1", "2"]
    assert ssm.get_parameter(Name="/paths/a/b")["Parameter"]["Value"] not in "123"
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/paths", Recursive=True,
                                                                 PaginationConfig={"PageSize": 1})
    assert [p["Name"] for page in pages for p in page["Parameters"]] == ["/paths/a/b", "/paths/c"]
    assert [h["Version"] for h in ssm.get_parameter_history(Name="/paths/a/b")["Parameters"]] == [1, 2, 3]
    described = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": ["/paths/"]}])
    assert {p["Name"]: p["Type"] for p in described["Parameters"]} == {"/paths/a/b": "SecureString", "/paths/c": "StringList"}
    many = ssm.get_parameters(Names=["/paths/c", "nobody"])
    assert ([p["Value"] for p in many["Parameters"]], many["InvalidParameters"]) == (["x,y"], ["nobody"])
    assert refused(ssm.put_parameter, Name="p", Type="Sting", Value="v") == (
        "ValidationException", "1 validation error detected: Value 'Sting' at 'type' failed to satisfy constraint: Member "
        "must satisfy enum value set: [String, StringList, SecureString]", 400)
    assert refused(ssm.get_parameters, Names=["a"] * 11)[0] == "ValidationException"


def test_the_cli_keeps_a_secret(shared_server):
    made = shared_server.aws("secretsmanager", "create-secret", "--name", "cli/db", "--secret-string", '{"user":"me"}')
    assert made["ARN"].startswith(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:cli/db-")
    got = shared_server.aws("secretsmanager", "get-secret-value", "--secret-id", "cli/db")
    assert (got["SecretString"], got["VersionStages"], got["VersionId"]) == ('{"user":"me"}', ["AWSCURRENT"], made["VersionId"])
    shared_server.aws("secretsmanager", "put-secret-value", "--secret-id", "cli/db", "--secret-string", "new")
    old = shared_server.aws("secretsmanager", "get-secret-value", "--secret-id", made["ARN"], "--version-stage", "AWSPREVIOUS")
    assert old["SecretString"] == '{"user":"me"}'
    shared_server.aws("secretsmanager", "delete-secret", "--secret-id", "cli/db", "--recovery-window-in-days", "7")
    gone = shared_server.aws("secretsmanager", "get-secret-value", "--secret-id", "cli/db", check=False)
    assert "You can't perform this operation on the secret because it was marked for deletion." in gone.stderr
    shared_server.aws("secretsmanager", "restore-secret", "--secret-id", "cli/db")
    assert shared_server.aws("secretsmanager", "get-secret-value", "--secret-id", "cli/db")["SecretString"] == "new"


def test_secrets_in_boto3(secrets):
    secrets.create_secret(Name="bin", SecretBinary=b"\x00\xff")
    assert secrets.get_secret_value(SecretId="bin")["SecretBinary"] == b"\x00\xff"
    assert refused(secrets.create_secret, Name="bin", SecretString="x") == (
        "ResourceExistsException", "The operation failed because the secret bin already exists.", 400)
    assert refused(secrets.get_secret_value, SecretId="nobody") == (
        "ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    # A value that breaks a rule is not repeated.
    code, message, _ = refused(secrets.put_secret_value, SecretId="bin", SecretString="hush" * 20000)
    assert (code, "hush" in message) == ("ValidationException", False)
    secrets.update_secret(SecretId="bin", Description="bytes")
    secrets.tag_resource(SecretId="bin", Tags=[{"Key": "k", "Value": "v"}])
    described = secrets.describe_secret(SecretId="bin")
    assert (described["Description"], described["Tags"]) == ("bytes", [{"Key": "k", "Value": "v"}])
    assert [s["Name"] for s in secrets.list_secrets(Filters=[{"Key": "name", "Values": ["bi"]}])["SecretList"]] == ["bin"]
    assert len(secrets.get_random_password(PasswordLength=20)["RandomPassword"]) == 20
    assert refused(secrets.rotate_secret, SecretId="bin")[0] == "UnsupportedOperation"


def test_values_are_there_after_a_crash_and_in_no_log(server):
    ssm, secrets = server.boto3("ssm"), server.boto3("secretsmanager")
    ssm.put_parameter(Name="p", Type="SecureString", Value="hush-parameter")
    secrets.create_secret(Name="s", SecretString="hush-secret")
    server.kill()
    server.start()
    assert server.boto3("ssm").get_parameter(Name="p", WithDecryption=True)["Parameter"]["Value"] == "hush-parameter"
    assert server.boto3("secretsmanager").get_secret_value(SecretId="s")["SecretString"] == "hush-secret"
    assert "hush" not in server.log.read_text(errors="replace")
