#include "sim/canvas.h"

#include <algorithm>
#include <cmath>

#include "sim/quantity.h"

namespace sim {
namespace {

std::string coordinate(double value) {
  return number_text(value, 1);
}

}  // namespace

const char* state_colour(const std::string& state) {
  if (state == "OK") return "#bfe3cf";
  if (state == "ALARM") return "#e5636a";
  return "#d5dbe2";
}

std::string escaped(const std::string& text) {
  std::string made;
  for (const char c : text) {
    switch (c) {
      case '<':
        made += "&lt;";
        break;
      case '>':
        made += "&gt;";
        break;
      case '&':
        made += "&amp;";
        break;
      case '"':
        made += "&quot;";
        break;
      default:
        made += c;
    }
  }
  return made;
}

void Canvas::text(double x, double y, const std::string& text, double size, const char* fill, const char* anchor,
                  int weight) {
  parts_ += "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" font-size=\"" + coordinate(size) +
            "\" fill=\"" + fill + "\" text-anchor=\"" + anchor + "\" font-weight=\"" + std::to_string(weight) + "\">" +
            escaped(text) + "</text>\n";
}

void Canvas::line(double x1, double y1, double x2, double y2, const char* colour, double width, const char* dash) {
  parts_ += "<line x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" + coordinate(x2) + "\" y2=\"" +
            coordinate(y2) + "\" stroke=\"" + colour + "\" stroke-width=\"" + coordinate(width) + "\"";
  if (*dash != '\0') parts_ += std::string(" stroke-dasharray=\"") + dash + "\"";
  parts_ += "/>\n";
}

void Canvas::rectangle(double x, double y, double width, double height, const char* fill, const std::string& title) {
  parts_ += "<rect x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" width=\"" + coordinate(width) +
            "\" height=\"" + coordinate(height) + "\" fill=\"" + fill + "\">";
  if (!title.empty()) parts_ += "<title>" + escaped(title) + "</title>";
  parts_ += "</rect>\n";
}

void Canvas::circle(double x, double y, double radius, const char* fill, const std::string& title) {
  parts_ += "<circle cx=\"" + coordinate(x) + "\" cy=\"" + coordinate(y) + "\" r=\"" + coordinate(radius) +
            "\" fill=\"" + fill + "\" fill-opacity=\"0.85\">";
  if (!title.empty()) parts_ += "<title>" + escaped(title) + "</title>";
  parts_ += "</circle>\n";
}

void Canvas::path(const std::string& commands, const char* stroke, double width, double opacity) {
  parts_ += "<path d=\"" + commands + "\" fill=\"none\" stroke=\"" + stroke + "\" stroke-width=\"" + coordinate(width) +
            "\" stroke-opacity=\"" + number_text(opacity, 2) + "\"/>\n";
}

std::string Canvas::finish(double height) const {
  const std::string size = coordinate(width_) + " " + coordinate(height);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" width=\"" + coordinate(width_) +
         "\" height=\"" + coordinate(height) +
         "\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\"><rect width=\"100%\" height=\"100%\" "
         "fill=\"white\"/>\n" +
         parts_ + "</svg>\n";
}

std::vector<double> nice_ticks(double top, int count) {
  std::vector<double> ticks;
  if (top <= 0) return {0};
  double step = std::pow(10, std::floor(std::log10(top / count)));
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    if (top / (step * factor) <= count) {
      step *= factor;
      break;
    }
  }
  for (int i = 0; i * step <= top * 1.0001; ++i) ticks.push_back(i * step);
  return ticks;
}

std::string steps_path(const std::vector<double>& values, const std::function<double(double)>& x,
                       const std::function<double(double)>& y, double pixels) {
  const std::size_t stride =
      std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(values.size()) / pixels));
  std::string path;
  for (std::size_t i = 0; i < values.size(); i += stride) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last = values.begin() + static_cast<std::ptrdiff_t>(std::min(i + stride, values.size()));
    const auto [low, high] = std::minmax_element(first, last);
    const std::string at = coordinate(x(static_cast<double>(i)));
    const std::string opening = path.empty() ? "M" + at + "," : "H" + at + "V";
    path += opening + coordinate(y(*low));
    if (*high != *low) path += "V" + coordinate(y(*high));
    if (*(last - 1) != *high) path += "V" + coordinate(y(*(last - 1)));
  }
  return path;
}

}  // namespace sim
