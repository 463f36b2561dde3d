#pragma once

#include <variant>
#include <vector>

#include "base/random.h"
#include "base/time.h"

namespace sim {

// Uniform in [0, 1), from 53 bits.
double unit(base::Random& random);

// How long something takes: drawn anew each time.
class Distribution {
 public:
  struct Constant {
    base::Duration value{};
  };
  struct Uniform {
    base::Duration low{}, high{};
  };
  struct Exponential {
    base::Duration mean{};
  };
  // exp(N(mu, sigma)) by what people know of it: half of all values are below the median, 95 % below p95.
  struct LogNormal {
    base::Duration median{}, p95{};
  };
  // One of the measured values, each as likely as the others.
  struct Empirical {
    std::vector<base::Duration> values;  // sorted, not empty
  };
  using Shape = std::variant<Constant, Uniform, Exponential, LogNormal, Empirical>;

  Distribution() = default;
  Distribution(Shape shape) : shape_(std::move(shape)) {}
  explicit Distribution(base::Duration constant) : shape_(Constant{constant}) {}

  base::Duration draw(base::Random& random) const;
  base::Duration mean() const;
  // That the fraction q of all values do not exceed.
  base::Duration quantile(double q) const;
  const Shape& shape() const { return shape_; }

 private:
  Shape shape_ = Constant{};
};

}  // namespace sim
