#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  CLI::App app("renkei: queue-driven, auto-scaling container systems from CloudFormation, on your own machine",
               "renkei");
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  return 0;
}
