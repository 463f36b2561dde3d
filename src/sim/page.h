#pragma once

#include <string>

#include "base/value.h"

namespace sim {

// One HTML file without anything from elsewhere: the series of to_value() as panels that share one time axis. Dragging
// over a panel or turning the wheel zooms, a double click shows everything, the pointer tells the values under it.
std::string page(const base::Value& result, const std::string& title);

}  // namespace sim
