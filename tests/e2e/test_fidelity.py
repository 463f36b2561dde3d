"""A few of `make fidelity`'s variants, so that the table itself is tested: one for each place where a failure shows."""

import pytest

from conftest import needs_root
from fidelity import VARIANTS, Fidelity

pytestmark = needs_root()
CHOSEN = ("no ecr.dkr endpoint", "execution role missing", "wrong Fargate size", "no ssm endpoint",
          "execution role without secretsmanager:GetSecretValue")


@pytest.fixture(scope="module")
def bench():
    with Fidelity("--speed", "10") as started:
        yield started


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v.name in CHOSEN], ids=lambda variant: variant.name)
def test_fails_as_on_aws_and_runs_when_it_is_mended(bench, variant):
    seen, as_on_aws, mended = bench.run(variant)
    assert as_on_aws, f"{seen}\n{bench.server.tail()}"
    assert mended, bench.server.tail()
