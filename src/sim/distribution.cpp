#include "sim/distribution.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sim {
namespace {

constexpr double kNormalP95 = 1.6448536269514722;  // the normal distribution's 95 % point

base::Duration of_seconds(double seconds) {
  return base::Duration(std::llround(std::max(seconds, 0.0) * 1e6));
}

double sigma_of(const Distribution::LogNormal& shape) {
  return std::log(base::to_seconds(shape.p95) / base::to_seconds(shape.median)) / kNormalP95;
}

// Acklam's rational approximation of the normal distribution's quantile, right to 1e-9.
double normal_quantile(double q) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                          -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  constexpr double kLow = 0.02425;
  if (q < kLow || q > 1 - kLow) {
    const double r = std::sqrt(-2 * std::log(std::min(q, 1 - q)));
    const double tail = (((((c[0] * r + c[1]) * r + c[2]) * r + c[3]) * r + c[4]) * r + c[5]) /
                        ((((d[0] * r + d[1]) * r + d[2]) * r + d[3]) * r + 1);
    return q < kLow ? tail : -tail;
  }
  const double x = q - 0.5, r = x * x;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * x /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

struct Mean {
  base::Duration operator()(const Distribution::Constant& s) const { return s.value; }
  base::Duration operator()(const Distribution::Uniform& s) const { return (s.low + s.high) / 2; }
  base::Duration operator()(const Distribution::Exponential& s) const { return s.mean; }
  base::Duration operator()(const Distribution::LogNormal& s) const {
    const double sigma = sigma_of(s);
    return of_seconds(base::to_seconds(s.median) * std::exp(sigma * sigma / 2));
  }
  base::Duration operator()(const Distribution::Empirical& s) const {
    base::Duration sum{};
    for (const base::Duration value : s.values) sum += value;
    return sum / static_cast<std::int64_t>(s.values.size());
  }
};

struct Quantile {
  double q;
  base::Duration operator()(const Distribution::Constant& s) const { return s.value; }
  base::Duration operator()(const Distribution::Uniform& s) const {
    return s.low + of_seconds(base::to_seconds(s.high - s.low) * q);
  }
  base::Duration operator()(const Distribution::Exponential& s) const {
    return of_seconds(-std::log(std::max(1 - q, 1e-12)) * base::to_seconds(s.mean));
  }
  base::Duration operator()(const Distribution::LogNormal& s) const {
    const double z = normal_quantile(std::clamp(q, 1e-12, 1 - 1e-12));
    return of_seconds(base::to_seconds(s.median) * std::exp(sigma_of(s) * z));
  }
  base::Duration operator()(const Distribution::Empirical& s) const {
    const auto size = static_cast<double>(s.values.size());
    return s.values[static_cast<std::size_t>(std::min(q * size, size - 1))];
  }
};

}  // namespace

double unit(base::Random& random) {
  constexpr double kScale = 1.0 / static_cast<double>(std::uint64_t{1} << 53);
  return static_cast<double>(random.next() >> 11) * kScale;
}

base::Duration Distribution::mean() const {
  return std::visit(Mean{}, shape_);
}

base::Duration Distribution::quantile(double q) const {
  return std::visit(Quantile{q}, shape_);
}

// By the quantile, so that each value costs one random number whatever its shape: runs that differ in nothing but a
// service time then draw the same arrivals.
base::Duration Distribution::draw(base::Random& random) const {
  return quantile(unit(random));
}

}  // namespace sim
