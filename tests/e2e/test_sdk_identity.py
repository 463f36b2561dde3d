"""The SDK families find a task's credentials by themselves, and fetch new ones when those end: Python, JavaScript, Go and
our own C++ client, each a program in a task of a private subnet, told nothing but the queue's name.

Time runs 600 times as fast: keys live for six hours, so 36 seconds here, and a program that held on to its first ones
would be refused after that."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from conftest import needs_root
from private_network import PrivateNetwork, Programs, tasks_role
from python_image import CACHE
from server import ACCOUNT, BUILD, REGION, Server, until

pytestmark = needs_root()
HERE = Path(__file__).parent
SPEED = 600
# Each sends for so long (of this machine's time: keys end after 36 s) and says then with which keys it did.
SECONDS = 45

PYTHON = f"""
import boto3, time
session = boto3.Session()
sqs = session.client("sqs")
url = sqs.get_queue_url(QueueName="python")["QueueUrl"]
keys, start = [], time.time()
while time.time() - start < {SECONDS * SPEED}:
    sqs.send_message(QueueUrl=url, MessageBody="m")
    key = session.get_credentials().get_frozen_credentials().access_key
    if key not in keys:
        keys.append(key)
    time.sleep(60)
print("KEYS", *keys, flush=True)
"""

JAVASCRIPT = f"""
const {{ SQSClient, GetQueueUrlCommand, SendMessageCommand }} = require("@aws-sdk/client-sqs");
(async () => {{
  const sqs = new SQSClient({{}});
  const {{ QueueUrl }} = await sqs.send(new GetQueueUrlCommand({{ QueueName: "javascript" }}));
  const keys = new Set();
  for (const start = Date.now(); Date.now() - start < {SECONDS * SPEED * 1000};) {{
    await sqs.send(new SendMessageCommand({{ QueueUrl, MessageBody: "m" }}));
    keys.add((await sqs.config.credentials()).accessKeyId);
    await new Promise((resume) => setTimeout(resume, 100));
  }}
  console.log("KEYS", ...keys);
}})();
"""

# Its clock is the machine's own: it asks the kernel without the C library, which is where the time-lapse sits. So it does
# not see its keys end; it is refused, and asks for new ones then.
GO = f"""
package main

import (
\t"fmt"
\t"os"
\t"time"

\t"github.com/aws/aws-sdk-go/aws"
\t"github.com/aws/aws-sdk-go/aws/session"
\t"github.com/aws/aws-sdk-go/service/sqs"
)

func check(err error) {{
\tif err != nil {{
\t\tfmt.Println("FAILED", err)
\t\tos.Exit(1)
\t}}
}}

func main() {{
\tmade := session.Must(session.NewSession())
\tclient := sqs.New(made)
\tfound, err := client.GetQueueUrl(&sqs.GetQueueUrlInput{{QueueName: aws.String("go")}})
\tcheck(err)
\tkeys, last := "", ""
\tfor start := time.Now(); time.Since(start) < {SECONDS}*time.Second; time.Sleep(100 * time.Millisecond) {{
\t\t_, err = client.SendMessage(&sqs.SendMessageInput{{QueueUrl: found.QueueUrl, MessageBody: aws.String("m")}})
\t\tcheck(err)
\t\theld, err := client.Config.Credentials.Get()
\t\tcheck(err)
\t\tif held.AccessKeyID != last {{
\t\t\tlast = held.AccessKeyID
\t\t\tkeys += " " + last
\t\t}}
\t}}
\tfmt.Println("KEYS" + keys)
}}
"""
GO_PATH = Path("/usr/share/gocode")


def packed(name, root, *command):
    archive = CACHE / f"{name}.tar"
    CACHE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([str(BUILD / "examples" / "make_image"), "--root", str(root), str(archive), f"{name}:latest",
                           *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return archive


@pytest.fixture
def folder():
    made = Path(tempfile.mkdtemp(prefix="renkei-image-"))
    (made / "root" / "etc").mkdir(parents=True)
    (made / "root" / "tmp").mkdir(mode=0o1777)
    (made / "root" / "etc" / "passwd").write_text("root:x:0:0:root:/:/\n")
    yield made
    shutil.rmtree(made)


def add_program(root, program):
    """With the libraries that it needs, at their places."""
    shutil.copy(os.path.realpath(program), root / Path(program).name)
    for library in re.findall(r"(/\S+)", subprocess.run(["ldd", program], capture_output=True, text=True).stdout):
        if library.startswith("/lib"):
            (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(os.path.realpath(library), root / library[1:])


def javascript_image(folder):
    modules = HERE / "js" / "node_modules"
    if not modules.exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE / "js", check=True, timeout=300)
    root = folder / "root"
    add_program(root, shutil.which("node"))
    shutil.copytree(modules, root / "node_modules", symlinks=True)
    (root / "main.js").write_text(JAVASCRIPT)
    return packed("sdk-javascript", root, "/node", "/main.js")


def go_image(folder):
    source = folder / "go" / "main.go"
    source.parent.mkdir()
    source.write_text(GO)
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_PATH), "CGO_ENABLED": "0", "GOFLAGS": "-p=1",
                   "GOCACHE": str(CACHE.resolve() / "go")}
    done = subprocess.run(["go", "build", "-o", str(folder / "root" / "app"), str(source)], env=environment, cwd=folder,
                          capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    return packed("sdk-go", folder / "root", "/app")


@pytest.fixture(scope="module")
def world():
    server = Server("--speed", str(SPEED)).start()
    try:
        server.network = PrivateNetwork(server, "10.0.0.0/16")
        server.programs = Programs(server)
        yield server
    finally:
        server.remove()


def role_of(server, name):
    """May find its queue and send to it: a key of the account could do more."""
    server.boto3("sqs").create_queue(QueueName=name)
    return tasks_role(server, name, {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"],
        "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}]})


def keys_used(server, name, archive):
    programs = server.programs
    programs.push(f"sdk-{name}", archive)
    task = programs.start(f"sdk-{name}", server.network, role=role_of(server, name), memory="1024")
    lines = programs.finished(task)
    keys = next(line for line in lines if line.startswith("KEYS")).split()[1:]
    assert all(key.startswith("ASIA") for key in keys), lines
    return keys


def test_python(world):
    from python_image import python_image
    assert len(keys_used(world, "python", python_image("sdk-python", PYTHON))) >= 2


def test_javascript(world, folder):
    assert len(keys_used(world, "javascript", javascript_image(folder))) >= 2


@pytest.mark.skipif(not (shutil.which("go") and (GO_PATH / "src/github.com/aws/aws-sdk-go").exists()),
                    reason="Go and its AWS SDK are not installed: tools/setup go")
def test_go(world, folder):
    assert len(keys_used(world, "go", go_image(folder))) >= 2


def test_cpp(world):
    """The example's producer, which uses src/client: it is refused when it sends with keys that have ended."""
    programs = world.programs
    programs.push("sdk-cpp", BUILD / "examples" / "sqs-fargate-producer.tar")
    task = programs.start("sdk-cpp", world.network, role=role_of(world, "cpp"), QueueName="cpp", RegionName=REGION,
                          SQSEndpointUrl=f"https://sqs.{REGION}.amazonaws.com")
    programs.running(task)

    def hours():
        """Since its first line, by its own clock."""
        times = [int(line[10:]) for line in programs.log(task) if re.fullmatch(r"INFO:root:\d{10}", line)]
        return (times[-1] - times[0]) / 3600 if times else 0
    until(lambda: hours() > 7, 120, "seven hours of the program's time")
    assert not [line for line in programs.log(task) if "not sent" in line]
    programs.stop(task)
