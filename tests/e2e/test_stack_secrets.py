"""Parameters and secrets in stacks: the resource types, dynamic references, and parameters that name a stored one."""

import json

import pytest
from botocore.exceptions import WaiterError

from server import ACCOUNT, REGION, refused, until

TEMPLATE = """
Parameters:
  Stage:
    Type: AWS::SSM::Parameter::Value<String>
    Default: /stack/stage
  Zones:
    Type: AWS::SSM::Parameter::Value<List<String>>
    Default: /stack/zones
  Password:
    Type: String
    NoEcho: true
    Default: hush-literal
Resources:
  Plain:
    Type: AWS::SSM::Parameter
    Properties:
      Name: !Sub /stack/${Stage}/plain
      Type: String
      Value: !Join ["+", !Ref Zones]
      Tags: {team: x}
  Unnamed:
    Type: AWS::SSM::Parameter
    Properties:
      Type: StringList
      Value: a,b
      Description: two
  Generated:
    Type: AWS::SecretsManager::Secret
    Properties:
      Description: made here
      GenerateSecretString:
        SecretStringTemplate: '{"username": "app"}'
        GenerateStringKey: password
        PasswordLength: 20
        ExcludePunctuation: true
      Tags: [{Key: team, Value: x}]
  Literal:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: stack/literal
      SecretString: !Ref Password
  Policy:
    Type: AWS::SecretsManager::ResourcePolicy
    Properties:
      SecretId: !Ref Literal
      ResourcePolicy:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {AWS: "*"}, Action: "secretsmanager:*", Resource: "*"}]
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "q-{{resolve:ssm:/stack/stage}}"
      VisibilityTimeout: "{{resolve:ssm:/stack/timeout}}"
      Tags:
        - {Key: user, Value: !Sub "{{resolve:secretsmanager:${Generated}:SecretString:username}}"}
        - {Key: literal, Value: "{{resolve:secretsmanager:stack/outside}}"}
Outputs:
  Arn: {Value: !Ref Generated}
  Id: {Value: !GetAtt Generated.Id}
  Name: {Value: !Ref Unnamed}
  Kind: {Value: !GetAtt Unnamed.Type}
  Value: {Value: !GetAtt Plain.Value}
  Unresolved: {Value: "{{resolve:ssm:/stack/stage}}"}
"""


@pytest.fixture
def world(server):
    class World:
        stacks, ssm, secrets, sqs = map(server.boto3, ("cloudformation", "ssm", "secretsmanager", "sqs"))

        def put(self, name, value, kind="String"):
            self.ssm.put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)

        def deploy(self, verb, template, name="s", **arguments):
            getattr(self.stacks, f"{verb}_stack")(StackName=name, TemplateBody=template, **arguments)
            self.stacks.get_waiter(f"stack_{verb}_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
            return self.described(name)

        def described(self, name="s"):
            return self.stacks.describe_stacks(StackName=name)["Stacks"][0]

        def events(self, name="s"):
            return self.stacks.describe_stack_events(StackName=name)["StackEvents"]

    made = World()
    made.server = server
    return made


def outputs(stack):
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def prepare(world):
    world.put("/stack/stage", "blue")
    world.put("/stack/zones", "a, b", "StringList")
    world.put("/stack/timeout", "45")
    world.secrets.create_secret(Name="stack/outside", SecretString="hush-outside")


def test_a_stack_of_parameters_and_secrets(world):
    prepare(world)
    stack = world.deploy("create", TEMPLATE)
    found = outputs(stack)
    assert found["Arn"] == found["Id"] and found["Arn"].startswith(
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:Generated-")
    assert found["Name"].startswith("CFN-Unnamed-") and found["Kind"] == "StringList"
    assert (found["Value"], found["Unresolved"]) == ("a+b", "{{resolve:ssm:/stack/stage}}")
    shown = {p["ParameterKey"]: (p["ParameterValue"], p.get("ResolvedValue")) for p in stack["Parameters"]}
    assert shown == {"Stage": ("/stack/stage", "blue"), "Zones": ("/stack/zones", "a,b"), "Password": ("****", None)}

    assert world.ssm.get_parameter(Name="/stack/blue/plain")["Parameter"]["Value"] == "a+b"
    tags = world.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/stack/blue/plain")["TagList"]
    assert {"Key": "team", "Value": "x"} in tags and {"Key": "aws:cloudformation:stack-name", "Value": "s"} in tags
    made = json.loads(world.secrets.get_secret_value(SecretId=found["Arn"])["SecretString"])
    assert made["username"] == "app" and len(made["password"]) == 20 and made["password"].isalnum()
    assert world.secrets.get_secret_value(SecretId="stack/literal")["SecretString"] == "hush-literal"
    assert json.loads(world.secrets.get_resource_policy(SecretId="stack/literal")["ResourcePolicy"])["Statement"]

    url = world.sqs.get_queue_url(QueueName="q-blue")["QueueUrl"]
    assert world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"] == {
        "VisibilityTimeout": "45"}
    tags = world.sqs.list_queue_tags(QueueUrl=url)["Tags"]
    assert (tags["user"], tags["literal"]) == ("app", "hush-outside")
    # Nobody who may only look at stacks sees a secret.
    told = json.dumps(world.events(), default=str)
    assert "hush" not in told and "{{resolve:secretsmanager:stack/outside}}" in told and '"SecretString\\": \\"****' in told.replace('\\":\\"', '\\": \\"')
    assert "hush" not in world.server.log.read_text(errors="replace")

    # Unchanged, but a value that it is made of has moved: that of a parameter counts, that of a secret doesn't.
    world.secrets.put_secret_value(SecretId="stack/outside", SecretString="hush-moved")
    assert refused(world.stacks.update_stack, StackName="s", UsePreviousTemplate=True)[1] == "No updates are to be performed."
    world.put("/stack/timeout", "50")
    world.stacks.update_stack(StackName="s", UsePreviousTemplate=True)
    world.stacks.get_waiter("stack_update_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
    assert world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"] == {
        "VisibilityTimeout": "50"}
    assert world.sqs.list_queue_tags(QueueUrl=url)["Tags"]["literal"] == "hush-moved"
    assert json.loads(world.secrets.get_secret_value(SecretId=found["Arn"])["SecretString"]) == made

    # A typed parameter's value has moved: what has it in its name is replaced.
    world.put("/stack/stage", "green")
    changed = TEMPLATE.replace("Description: two", "Description: three").replace("team: x", "team: y")
    stack = world.deploy("update", changed)
    assert world.ssm.get_parameter(Name="/stack/green/plain")["Parameter"]["Value"] == "a+b"
    assert refused(world.ssm.get_parameter, Name="/stack/blue/plain")[0] == "ParameterNotFound"
    assert world.sqs.get_queue_url(QueueName="q-green")

    world.stacks.delete_stack(StackName="s")
    world.stacks.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
    assert refused(world.secrets.describe_secret, SecretId="stack/literal")[0] == "ResourceNotFoundException"
    assert [p["Name"] for p in world.ssm.describe_parameters()["Parameters"]] == ["/stack/stage", "/stack/timeout",
                                                                                 "/stack/zones"]


QUEUE = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: '%s'}}}"


def test_references_that_lead_nowhere_are_refused_in_the_call(world):
    world.put("/p", "v")
    world.put("/s", "v", "SecureString")

    def words(name):
        return refused(world.stacks.create_stack, StackName="x", TemplateBody=QUEUE % name)[:2]
    assert words("{{resolve:ssm:/none:3}}") == ("ValidationError", "Parameters: [ssm:/none:3] cannot be found.")
    assert words("{{resolve:ssm:/p:9}}")[1] == "Parameters: [ssm:/p:9] cannot be found."
    assert words("{{resolve:ssm:/p:x}}")[1] == "Incorrect format is used in the following SSM reference: [{{resolve:ssm:/p:x}}]"
    assert words("{{resolve:ssm:/s}}")[1] == "Non-secure ssm prefix was used for secure parameter /s"
    assert words("{{resolve:ssm-secure:/s:1}}")[1] == (
        "SSM Secure reference is not supported in: [AWS::SQS::Queue/Properties/QueueName]")


@pytest.mark.parametrize("reference,reason", [
    ("missing", "Secrets Manager can't find the specified secret. (Service: AWSSecretsManager; Status Code: 400; Error "
                "Code: ResourceNotFoundException; Request ID: "),
    ("json:SecretString:nokey", "Could not find a value associated with JSONKey in SecretString"),
    ("text:SecretString:key", "Could not parse SecretString JSON"),
])
def test_secrets_that_are_not_there_fail_the_resource(world, reference, reason):
    world.secrets.create_secret(Name="json", SecretString='{"a":1}')
    world.secrets.create_secret(Name="text", SecretString="hush")
    world.stacks.create_stack(StackName="x", TemplateBody=QUEUE % ("{{resolve:secretsmanager:" + reference + "}}"))
    with pytest.raises(WaiterError):
        world.stacks.get_waiter("stack_create_complete").wait(StackName="x", WaiterConfig={"Delay": 1})
    failed = [e["ResourceStatusReason"] for e in world.events("x") if e["ResourceStatus"] == "CREATE_FAILED"]
    assert failed[0].startswith(reason)


def test_typed_parameters_are_checked(world):
    world.put("/text", "v")
    world.put("/list", "a,b", "StringList")
    world.put("/secure", "v", "SecureString")

    def template(kind):
        return f"Parameters: {{P: {{Type: '{kind}'}}}}\nResources: {{Q: {{Type: AWS::SQS::Queue}}}}"

    def words(kind, name):
        return refused(world.stacks.create_stack, StackName="x", TemplateBody=template(kind),
                       Parameters=[{"ParameterKey": "P", "ParameterValue": name}])[1]
    text, many = "AWS::SSM::Parameter::Value<String>", "AWS::SSM::Parameter::Value<List<String>>"
    assert words(text, "/none") == "Unable to fetch parameters [/none] from parameter store for this account."
    assert words(text, "/text:99") == "Unable to fetch parameters [/text:99] from parameter store for this account."
    assert words(text, "/secure") == "Parameters [/secure] referenced by template have types not supported by CloudFormation."
    assert words(text, "/list") == "Types for SSM parameters [/list] defined in CFN template and SSM are incompatible"
    assert words(many, "/text") == "Types for SSM parameters [/text] defined in CFN template and SSM are incompatible"
    # A name alone is looked for only once the stack is begun.
    world.stacks.create_stack(StackName="late", TemplateBody=template("AWS::SSM::Parameter::Name"),
                              Parameters=[{"ParameterKey": "P", "ParameterValue": "/none"}])
    until(lambda: world.described("late")["StackStatus"] == "ROLLBACK_COMPLETE", 30, "the rollback")
    assert any(e.get("ResourceStatusReason") == "Parameter validation failed: parameter value /none for parameter name P "
               "does not exist. Rollback requested by user." for e in world.events("late"))


def test_change_sets_follow_stored_values(world):
    world.put("/name", "one")
    template = QUEUE % "{{resolve:ssm:/name}}"
    world.deploy("create", template, "c")
    world.put("/name", "two")
    world.stacks.create_change_set(StackName="c", ChangeSetName="m", TemplateBody=template)
    world.stacks.get_waiter("change_set_create_complete").wait(StackName="c", ChangeSetName="m", WaiterConfig={"Delay": 1})
    change = world.stacks.describe_change_set(StackName="c", ChangeSetName="m")["Changes"][0]["ResourceChange"]
    assert (change["LogicalResourceId"], change["Replacement"]) == ("Q", "True")
