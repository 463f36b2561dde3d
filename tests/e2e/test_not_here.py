"""What renkei does not have answers with an error that names it, in a form that the client understands."""

import pytest

from server import refused


@pytest.mark.parametrize("service,call,arguments", [
    ("dynamodb", "list_tables", {}),                               # JSON
    ("lambda", "list_functions", {}),                              # REST with JSON
    ("sns", "list_topics", {}),                                    # query
    ("kms", "list_keys", {}),
    ("elbv2", "describe_load_balancers", {}),
])
def test_services(shared_server, service, call, arguments):
    name = {"elbv2": "elasticloadbalancing"}.get(service, service)
    assert refused(getattr(shared_server.boto3(service), call), **arguments) == (
        "UnsupportedOperation", f"The service '{name}' is not supported by renkei.", 400)


@pytest.mark.parametrize("service,call,arguments", [
    ("ecs", "list_container_instances", {}),
    ("logs", "describe_metric_filters", {}),
    ("cloudwatch", "list_dashboards", {}),
    ("iam", "list_users", {}),
    ("ec2", "describe_instances", {}),
    ("cloudformation", "list_stack_sets", {}),
    ("s3", "get_bucket_acl", {"Bucket": "some-bucket"}),
])
def test_operations(shared_server, service, call, arguments):
    code, text, status = refused(getattr(shared_server.boto3(service), call), **arguments)
    if service == "s3":
        assert (code, text, status) == ("NotImplemented", "The sub-resource 'acl' is not supported for GET.", 501)
    else:
        operation = "".join(word.title() for word in call.split("_"))
        assert (code, status) == ("UnsupportedOperation", 400) and f"The operation {operation} of " in text


def test_parameters(shared_server):
    code, text, _ = refused(shared_server.boto3("ec2").create_vpc, CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)
    assert code == "UnsupportedOperation" and "AmazonProvidedIpv6CidrBlock" in text
    code, text, _ = refused(shared_server.boto3("logs").create_log_group, logGroupName="g", kmsKeyId="k")
    assert code == "UnsupportedOperation" and "kmsKeyId" in text
    code, text, _ = refused(shared_server.boto3("ecs").register_task_definition, family="f", containerDefinitions=[
        {"name": "c", "image": "i", "memory": 128, "privileged": True}])
    assert code == "ClientException" and "privileged" in text
