"""The network of the example, as boto3 and the AWS CLI make and see it."""

import pytest

from server import refused


@pytest.fixture
def ec2(shared_server):
    return shared_server.boto3("ec2")


@pytest.fixture
def vpc(ec2):
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16",
                          TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "net"}]}])
    return made["Vpc"]["VpcId"]


def test_vpc_and_subnet(ec2, vpc):
    [shown] = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert (shown["CidrBlock"], shown["State"], shown["IsDefault"]) == ("10.0.0.0/16", "available", False)
    assert shown["Tags"] == [{"Key": "Name", "Value": "net"}]
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone=zone)["Subnet"]
    assert subnet["AvailableIpAddressCount"] == 251
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.0/25") == (
        "InvalidSubnet.Conflict", "The CIDR '10.0.1.0/25' conflicts with another subnet", 400)
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.2.0/24", DryRun=True)[0::2] == ("DryRunOperation", 412)
    assert refused(ec2.delete_vpc, VpcId=vpc)[0] == "DependencyViolation"
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc)


def test_nat_gateway_is_waited_for(ec2, vpc):
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]["NatGatewayId"]
    ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[nat], WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    assert ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)["Return"]
    [shown] = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert [route["State"] for route in shown["Routes"]] == ["active", "active"]


def test_endpoints(ec2, vpc):
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    region = ec2.meta.region_name
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, VpcEndpointType="Interface", SubnetIds=[subnet],
                                       ServiceName=f"com.amazonaws.{region}.sqs")["VpcEndpoint"]
    assert endpoint["State"] == "pending"
    assert f"sqs.{region}.amazonaws.com" in [entry["DnsName"] for entry in endpoint["DnsEntries"]]
    found = ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [subnet]}])["NetworkInterfaces"]
    assert [interface["PrivateIpAddress"] for interface in found] == ["10.0.0.4"]


def test_security_group_rules(ec2, vpc):
    group = ec2.create_security_group(GroupName="web", Description="d", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert refused(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[rule])[1] == (
        'the specified rule "peer: 10.0.0.0/16, TCP, from port: 443, to port: 443, ALLOW" already exists')
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    [shown] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert shown["IpPermissions"] == []


def test_what_is_not_there(ec2):
    assert refused(ec2.describe_vpcs, VpcIds=["vpc-00000000000000000"])[:2] == (
        "InvalidVpcID.NotFound", "The vpc ID 'vpc-00000000000000000' does not exist")
    code, message, _ = refused(ec2.describe_instances)
    assert code == "UnsupportedOperation" and "DescribeInstances" in message
