"""python3 tools/apigen/test_apigen.py [--accept]: the generator against its golden output in testdata/expected."""
import importlib.util
import json
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import model  # noqa: E402
from names import fault_name, member_name, quoted  # noqa: E402

EXPECTED = HERE / "testdata" / "expected"


def generator():
    spec = importlib.util.spec_from_file_location("apigen_main", HERE / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def toy():
    return json.loads((HERE / "testdata" / "api" / "toy.json").read_text())


class Names(unittest.TestCase):
    def test_members(self):
        for name, expected in {
            "QueueUrl": "queue_url", "AWSAccountIds": "aws_account_ids", "MD5OfBody": "md5_of_body",
            "taskDefinitionArn": "task_definition_arn", "default": "default_", "Type": "type_", "tags": "tags",
            "ARN": "arn", "ARNs": "arns", "VPCId": "vpc_id", "SSEKMSKeyId": "sse_kms_key_id", "ETag": "etag",
            "ChecksumCRC32C": "checksum_crc32c", "enableECSManagedTags": "enable_ecs_managed_tags",
            "Ipv6CidrBlock": "ipv6_cidr_block", "x-y": "x_y", "s3Key": "s3_key", "DNSName": "dns_name",
        }.items():
            self.assertEqual(member_name(name), expected, name)

    def test_faults_and_literals(self):
        self.assertEqual(fault_name("InvalidVpcID.NotFound"), "InvalidVpcIDNotFound")
        self.assertEqual(quoted('a"b\\c\n\u00e9'), '"a\\"b\\\\c\\012\\303\\251"')


class Golden(unittest.TestCase):
    maxDiff = None

    def test_output(self):
        files = generator().render(HERE / "testdata" / "api")
        expected = {str(path.relative_to(EXPECTED)): path.read_text()
                    for path in sorted(EXPECTED.rglob("*")) if path.is_file()}
        self.assertEqual(sorted(files), sorted(expected))
        for name, text in files.items():
            self.assertEqual(text, expected[name], name)

    def test_an_unchanged_file_is_not_touched(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a" / "b.h"
            generator().write(path, "x")
            before = path.stat().st_mtime_ns
            generator().write(path, "x")
            self.assertEqual(path.stat().st_mtime_ns, before)


class Refused(unittest.TestCase):
    def test_a_structure_that_holds_itself(self):
        data = toy()
        data["shapes"]["Part"]["members"]["Again"] = "Part"
        with self.assertRaisesRegex(model.ModelError, "Part holds itself"):
            model.Service(data).structures()

    def test_an_unknown_shape(self):
        data = toy()
        data["shapes"]["Part"]["members"]["Lost"] = "Nowhere"
        with self.assertRaisesRegex(model.ModelError, "no shape Nowhere"):
            model.Service(data)

    def test_two_members_of_one_name(self):
        data = toy()
        data["shapes"]["Part"]["members"]["count"] = "Count"
        with self.assertRaisesRegex(model.ModelError, "two members"):
            model.Service(data)


def accept():
    for name, text in generator().render(HERE / "testdata" / "api").items():
        generator().write(EXPECTED / name, text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--accept"]:
        accept()
    else:
        unittest.main()
