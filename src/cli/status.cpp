#include <iostream>
#include <thread>

#include "cli/commands.h"
#include "cli/snapshot.h"
#include "wire/json.h"

namespace cli {

int status(const StatusOptions& options) {
  client::Client client = connect(options.common);
  for (;;) {
    const auto snapshot = take_snapshot(client);
    if (!snapshot) return fail(options.common, "status", snapshot.error());
    if (options.common.json) {
      const auto layout = options.follow ? wire::JsonLayout::Compact : wire::JsonLayout::Indented;
      std::cout << wire::write_json(snapshot->to_value(), layout) << std::endl;
    } else {
      if (options.follow && is_terminal()) std::cout << "\x1b[H\x1b[2J";  // home, clear
      std::cout << snapshot->to_text() << std::flush;
    }
    if (!options.follow) return 0;
    std::this_thread::sleep_for(std::chrono::duration<double>(options.every));
  }
}

}  // namespace cli
