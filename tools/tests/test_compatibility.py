"""docs/compatibility.md lists exactly the operations of api/operations.json and the resource types of the code."""

import json
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TITLES = {"autoscaling": "Application Auto Scaling", "cloudformation": "CloudFormation", "cloudwatch": "CloudWatch",
          "ec2": "EC2 (VPC part)", "ecr": "ECR", "ecs": "ECS", "iam": "IAM", "logs": "CloudWatch Logs", "s3": "S3",
          "secretsmanager": "Secrets Manager", "sqs": "SQS", "ssm": "SSM", "sts": "STS"}


def listed(section):
    """The names of the table whose head is "| N operations |"."""
    table = re.search(r"^\| (\d+) operations \|\n\|---\|\n((?:\|.*\|\n?)+)", section, re.M)
    return int(table.group(1)), re.findall(r"\w+", table.group(2))


class Compatibility(unittest.TestCase):
    def test_operations(self):
        text = (ROOT / "docs" / "compatibility.md").read_text()
        sections = {part.split("\n", 1)[0]: part for part in text.split("\n## ")}
        for service, held in json.loads((ROOT / "api" / "operations.json").read_text()).items():
            with self.subTest(service):
                self.assertIn(TITLES.get(service), sections, "the service has no section")
                number, names = listed(sections[TITLES[service]])
                self.assertEqual(names, sorted(held["operations"]))
                self.assertEqual(number, len(names))

    def test_resource_types(self):
        code = "".join(file.read_text() for file in (ROOT / "src" / "cloudformation").rglob("*.cpp")
                       if not file.name.endswith("_test.cpp"))
        held = set(re.findall(r"TypeSchema \w+ ?=? ?\{\s*\.name = \"AWS::(\w+::\w+)\"", code))
        text = (ROOT / "docs" / "compatibility.md").read_text()
        self.assertEqual(set(re.findall(r"^\| (\w+::\w+) \|", text, re.M)), held)


if __name__ == "__main__":
    unittest.main()
