#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

// SVG by hand, in the look of tools/timeline.py.
namespace sim {

namespace ink {
inline constexpr const char* kText = "#1b2733";
inline constexpr const char* kFaint = "#5f6b7a";
inline constexpr const char* kGrid = "#e3e8ee";
inline constexpr const char* kBlue = "#1f6fb2";
inline constexpr const char* kOrange = "#d9822b";
inline constexpr const char* kGreen = "#2b8a5a";
inline constexpr const char* kPurple = "#8458b3";
inline constexpr const char* kRed = "#c23b43";
}  // namespace ink

// Of an alarm.
const char* state_colour(const std::string& state);

class Canvas {
 public:
  explicit Canvas(double width) : width_(width) {}

  double width() const { return width_; }
  void text(double x, double y, const std::string& text, double size = 12, const char* fill = ink::kText,
            const char* anchor = "start", int weight = 400);
  void line(double x1, double y1, double x2, double y2, const char* colour = ink::kGrid, double width = 1,
            const char* dash = "");
  void rectangle(double x, double y, double width, double height, const char* fill, const std::string& title = "");
  void circle(double x, double y, double radius, const char* fill, const std::string& title = "");
  void path(const std::string& commands, const char* stroke, double width = 2, double opacity = 1);

  std::string finish(double height) const;

 private:
  double width_;
  std::string parts_;
};

std::string escaped(const std::string& text);
// At most `count` round steps from 0 to the top.
std::vector<double> nice_ticks(double top, int count = 4);
// A path that holds each value until the next one. Of more points than pixels it keeps each pixel's least and most.
std::string steps_path(const std::vector<double>& values, const std::function<double(double)>& x,
                       const std::function<double(double)>& y, double pixels);

}  // namespace sim
