#include <CLI/CLI.hpp>
#include <cstdlib>

#include "app/doctor.h"
#include "app/serve.h"
#include "bench/bench.h"
#include "cli/commands.h"

namespace {

// Each command: its options, its help, and what runs it.
class Program {
 public:
  Program() : app_("Queue-driven, auto-scaling container systems from CloudFormation, on your own machine.", "renkei") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", RENKEI_VERSION);
    app_.footer(
        "Start with: renkei doctor, renkei serve, renkei up TEMPLATE. AWS clients reach the server with\n"
        "AWS_ENDPOINT_URL=http://127.0.0.1:4566. Every command has its own --help.");
    add_serve();
    add_up();
    add_down();
    add_status();
    add_logs();
    add_exec();
    add_push();
    add_simulate();
    add_bench();
    add_doctor();
  }

  int run(int argc, char** argv) {
    CLI11_PARSE(app_, argc, argv);
    return result_;
  }

 private:
  void add_serve() {
    CLI::App* command = app_.add_subcommand("serve", "Run the server in the foreground, until SIGTERM");
    command->add_option("--data", serve_.data, "Directory that keeps everything")
        ->default_str(app::default_data_directory());
    command->add_option("--address", serve_.address, "Address to listen on")->capture_default_str();
    command->add_option("--port", serve_.port, "Port to listen on, HTTP and HTTPS alike; 0: any free one")
        ->capture_default_str();
    command
        ->add_option("--speed", serve_.speed,
                     "Time-lapse: the cloud's clock and the containers' run this many times faster")
        ->check(CLI::Range(1.0, 1000.0))
        ->capture_default_str();
    command->add_option("--auth", serve_.auth, "off: any credentials will do; strict: signatures are verified")
        ->check(CLI::IsMember({"off", "strict"}))
        ->capture_default_str();
    command->add_option("--keys", serve_.keys, "For --auth strict: a file of lines \"ACCESS_KEY SECRET_KEY\"")
        ->check(CLI::ExistingFile);
    command->add_option("--account", serve_.account, "Account id of everything here")->capture_default_str();
    command->add_option("--region", serve_.region, "Region of callers that name none")->capture_default_str();
    command->add_flag("--no-queue-rests", serve_.no_queue_rests,
                      "Queues may be created again right after they were deleted, and purged at any time; AWS makes "
                      "both wait for 60 s");
    command
        ->add_option(
            "--runtime", serve_.runtime,
            "embedded: tasks are containers of this machine; docker[=SOCKET]: of a Docker Engine, as far as that "
            "can express them, see docs/docker.md")
        ->check(CLI::Validator(
            [](const std::string& given) {
              const bool known = given == "embedded" || given == "docker" || given.starts_with("docker=/");
              return known ? "" : std::string("embedded, docker or docker=/PATH/OF/SOCKET is meant");
            },
            "embedded|docker[=SOCKET]"))
        ->capture_default_str();
    command
        ->add_option("--network", serve_.network,
                     "vpc: tasks are in the networks of their VPCs; host: they share this machine's network, where "
                     "routes and security groups hold for nobody")
        ->check(CLI::IsMember({"vpc", "host"}))
        ->capture_default_str();
    command
        ->add_option("--launch-timeout", serve_.launch_timeout,
                     "Seconds for which a task tries to reach what its launch needs, before it fails; AWS takes 150")
        ->check(CLI::Range(0.001, 3600.0))
        ->capture_default_str();
    command->add_flag("--verbose", serve_.verbose, "Log every request");
    command->callback([this] { result_ = app::serve(serve_); });
  }

  void add_common(CLI::App* command, cli::Common& common) {
    command->add_option("--endpoint", common.endpoint, "Address of the server")
        ->envname("AWS_ENDPOINT_URL")
        ->default_val("http://127.0.0.1:4566");
    command->add_option("--region", common.region, "AWS region")
        ->envname("AWS_DEFAULT_REGION")
        ->default_val("us-east-1");
    command->add_flag("--json", common.json, "Print JSON");
  }

  void add_up() {
    CLI::App* command = app_.add_subcommand("up", "Create or update a stack from a local template, and follow it");
    command->add_option("template", up_.template_path, "Template file; nested stacks may name local files")->required();
    command->add_option("--stack", up_.stack, "Name of the stack; by default the file's name");
    command->add_option("--parameter,-p", up_.parameters, "Key=Value, as often as needed");
    command->add_option("--speed", up_.speed, "Where no server runs yet, start one in time-lapse at this speed");
    add_common(command, up_.common);
    command->callback([this] { result_ = cli::up(up_); });
  }

  void add_down() {
    CLI::App* command = app_.add_subcommand("down", "Delete a stack and everything it made, and follow that");
    command->add_option("stack", down_.stack, "Name of the stack; not needed if there is only one");
    add_common(command, down_.common);
    command->callback([this] { result_ = cli::down(down_); });
  }

  void add_status() {
    CLI::App* command =
        app_.add_subcommand("status", "Stacks, services, queues, alarms and the last scaling activities");
    command->add_flag("--follow,-f", status_.follow, "Again and again, until interrupted");
    command->add_option("--every", status_.every, "With --follow: seconds between two looks")
        ->check(CLI::Range(0.05, 3600.0))
        ->capture_default_str();
    add_common(command, status_.common);
    command->callback([this] { result_ = cli::status(status_); });
  }

  void add_logs() {
    CLI::App* command = app_.add_subcommand("logs", "Print what a log group holds");
    command->add_option("group", logs_.group, "Name of the log group")->required();
    command->add_option("--stream-prefix", logs_.stream_prefix, "Only streams whose name begins so");
    command->add_option("--since", logs_.since, "Only what came in this last span: 30s, 10m, 2h, 1d");
    command->add_flag("--follow,-f", logs_.follow, "Go on printing what comes, until interrupted");
    add_common(command, logs_.common);
    command->callback([this] { result_ = cli::logs(logs_); });
  }

  void add_exec() {
    CLI::App* command = app_.add_subcommand("exec", "Run a command in a container of a running task");
    command->footer("Example: renkei exec 0123456789abcdef0123456789abcdef --interactive -- /bin/sh");
    command->add_option("task", exec_.task, "Id or ARN of the task")->required();
    command->add_option("--cluster", exec_.cluster, "Name of its cluster; by default that of the ARN, or \"default\"");
    command->add_option("--container,-c", exec_.container, "Name of the container; not needed if there is only one");
    command->add_flag("--interactive,-i", exec_.interactive, "With a terminal, as for a shell");
    command->add_option("command", exec_.command, "The command and its arguments, behind --")->required();
    add_common(command, exec_.common);
    command->callback([this] { result_ = cli::exec(exec_); });
  }

  void add_push() {
    CLI::App* command = app_.add_subcommand("push", "Send an OCI layout or image archive to the built-in registry");
    command->add_option("image", push_.path, "An OCI layout directory or an image archive (tar)")->required();
    command->add_option("name", push_.name, "Repository and tag: NAME[:TAG]; the repository must exist")->required();
    add_common(command, push_.common);
    command->callback([this] { result_ = cli::push(push_); });
  }

  void add_simulate() {
    CLI::App* command = app_.add_subcommand(
        "simulate", "What a system will do and cost: days of it under a virtual clock, in a second");
    command->footer(
        "Deploys the templates into a cloud in memory whose containers are models, and lets time jump from one thing\n"
        "that happens to the next. Queues, metrics, alarms, scaling and the ECS scheduler are the server's own code;\n"
        "nothing listens, nothing is written outside --out. The workload file says what the tasks of each service do:\n"
        "docs/simulate.md describes it, examples/simulate has files to start from.\n\n"
        "  renkei simulate queue.yaml service.yaml --workload day.yaml --for 7d --out week\n"
        "  renkei simulate system.yaml --workload day.yaml --what-if TargetValue=1,3,10 --what-if MaxCapacity=3,6\n\n"
        "A --what-if key is a template's parameter, a property that only one resource has, a path from a resource\n"
        "(ScalingPolicy.TargetTrackingScalingPolicyConfiguration.TargetValue), or a path in the workload file\n"
        "(services.worker.consume.time). Several make a grid. The same input and seed give the same output.");
    command->add_option("template", simulate_.templates, "Template files, deployed in this order")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_option("--workload,-w", simulate_.workload, "What the tasks do, YAML")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_option("--for", simulate_.span, "How long: 90m, 24h, 30d")->capture_default_str();
    command->add_option("--seed", simulate_.seed, "Of everything random")->capture_default_str();
    command->add_option("--parameter,-p", simulate_.parameters, "Key=Value for the templates, as often as needed");
    command->add_option("--what-if", simulate_.what_if, "KEY=V1,V2,...: a run for each value, next to one as given");
    command->add_option("--out,-o", simulate_.out,
                        "Directory for summary.txt, result.json, series.csv, events.csv, picture.svg and page.html; "
                        "for what-ifs runs.csv and comparison.svg");
    command->add_option("--every", simulate_.every,
                        "Time between two samples of the series; by default a minute or more");
    command->add_option("--prices", simulate_.prices, "Price list as JSON, instead of the built-in one")
        ->check(CLI::ExistingFile);
    command->add_option("--region", simulate_.region, "AWS region")
        ->envname("AWS_DEFAULT_REGION")
        ->capture_default_str();
    command->add_option("--jobs", simulate_.jobs, "What-if runs at a time; by default one for each processor");
    command->add_flag("--json", simulate_.json, "Print JSON");
    command->callback([this] { result_ = cli::simulate(simulate_); });
  }

  void add_bench() {
    CLI::App* command = app_.add_subcommand("bench", "Load an SQS endpoint, renkei's or another's, and measure it");
    command->footer(
        "Mixes: send; receive (what comes stays in flight); drain (receive, then delete); end-to-end (half of the\n"
        "connections send, the others long-poll and delete); cycle (each sends, receives and deletes in turn, so that\n"
        "the depth stays); poll (long polls of 20 s). Fill a queue with --keep, then drain it. With --rate a\n"
        "latency counts from the moment when its request was due. Credentials come from the environment.");
    command
        ->add_option_function<std::string>(
            "--mix", [this](const std::string& name) { bench_.mix = *bench::parse_mix(name); },
            "What the connections do")
        ->check(CLI::IsMember({"send", "receive", "drain", "end-to-end", "cycle", "poll"}))
        ->default_str("send");
    command->add_option("--message-size", bench_.message_size, "Bytes of a message's body")->capture_default_str();
    command->add_option("--batch", bench_.batch, "Messages a request, 1 to 10")->capture_default_str();
    command->add_option("--connections", bench_.connections, "Connections, each with one request at a time")
        ->capture_default_str();
    command->add_option("--queues", bench_.queues, "Queues, used in turn")->capture_default_str();
    command
        ->add_option("--fifo-groups", bench_.fifo_groups, "FIFO queues with so many message groups; 0: standard queues")
        ->capture_default_str();
    command
        ->add_option("--rate", bench_.rate, "Requests per second, sent when they are due; 0: as fast as answers come")
        ->capture_default_str();
    command
        ->add_option_function<double>(
            "--duration", [this](double seconds) { bench_.duration = bench::Seconds(seconds); }, "Seconds to measure")
        ->default_str("10");
    command
        ->add_option_function<double>(
            "--warm-up", [this](double seconds) { bench_.warm_up = bench::Seconds(seconds); },
            "Seconds before that, not measured")
        ->default_str("0.5");
    command->add_option("--messages", bench_.messages, "Stop after so many messages instead, without a warm-up");
    command->add_option("--pid", bench_.pid, "Process id of the server: report its processor time per message");
    command->add_option("--queue", bench_.queue, "Name of the queue, or prefix of the names; by default a new one");
    command->add_option("--queue-url", bench_.queue_urls, "Use this queue, as often as needed, and make none");
    command->add_flag("--keep", bench_.keep, "Leave the queues and their messages there");
    command->add_option("--picture", bench_.picture, "Write the latencies as an SVG picture to this file");
    add_common(command, bench_common_);
    command->callback([this] {
      bench_.endpoint = bench_common_.endpoint;
      bench_.region = bench_common_.region;
      bench_.json = bench_common_.json;
      result_ = bench::run(bench_);
    });
  }

  void add_doctor() {
    CLI::App* command = app_.add_subcommand("doctor", "What is missing on this host, and the command that mends it");
    command->add_option("--data", doctor_.data, "Data directory to look at")
        ->default_str(app::default_data_directory());
    command->add_flag("--remove-containers", doctor_.remove_containers,
                      "Remove every container that a server which no longer runs left under --data");
    command->add_flag("--json", doctor_.json, "Print JSON");
    command->callback([this] { result_ = app::doctor(doctor_); });
  }

  CLI::App app_;
  app::ServeOptions serve_;
  cli::UpOptions up_;
  cli::DownOptions down_;
  cli::StatusOptions status_;
  cli::LogsOptions logs_;
  cli::ExecOptions exec_;
  cli::PushOptions push_;
  cli::SimulateOptions simulate_;
  bench::Options bench_;
  cli::Common bench_common_;
  app::DoctorOptions doctor_;
  int result_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  return Program().run(argc, argv);
}
