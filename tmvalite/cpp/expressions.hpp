// The functions of expressions where TTreeFormula and C++ differ, on doubles.
#ifndef TMVALITE_EXPRESSIONS
#define TMVALITE_EXPRESSIONS 1

namespace tmvalite {

constexpr double pi = 3.141592653589793;

inline double divide(double a, double b) { return b == 0 ? 0.0 : a / b; }
inline double remainder(double a, double b) { return std::fmod(std::trunc(a), std::trunc(b)) + 0.0; }

// Truncated doubles as the 64 bits that x86 makes of them; NaN where one is not finite.
inline std::uint64_t as_unsigned(double x) {
  const bool high = x >= 9223372036854775808.0;
  const double rest = std::trunc(high ? x - 9223372036854775808.0 : x);
  const bool fits = rest >= -9223372036854775808.0 && rest < 9223372036854775808.0;
  const auto whole = static_cast<std::uint64_t>(fits ? static_cast<std::int64_t>(rest) : std::numeric_limits<std::int64_t>::min());
  return high ? whole ^ (std::uint64_t(1) << 63) : whole;
}
template <typename Operator>
inline double on_bits(double a, double b, Operator of) {
  if (!std::isfinite(a) || !std::isfinite(b)) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(of(as_unsigned(a), as_unsigned(b)));
}
inline double bit_and(double a, double b) {
  return on_bits(a, b, [](std::uint64_t x, std::uint64_t y) { return x & y; });
}
inline double bit_or(double a, double b) {
  return on_bits(a, b, [](std::uint64_t x, std::uint64_t y) { return x | y; });
}
inline double shift_left(double a, double b) {
  return on_bits(a, b, [](std::uint64_t x, std::uint64_t y) { return x << (y & 63); });
}
inline double shift_right(double a, double b) {
  return on_bits(a, b, [](std::uint64_t x, std::uint64_t y) { return x >> (y & 63); });
}

inline double sq(double x) { return x * x; }
inline double capped_exp(double x) { return x < -700.0 ? 0.0 : std::exp(x > 700.0 ? 700.0 : x); }
inline double log(double x) { return x > 0 ? std::log(x) : 0.0; }
inline double log10(double x) { return x > 0 ? std::log10(x) : 0.0; }
inline double asin(double x) { return x < -1 || x > 1 ? 0.0 : std::asin(x); }
inline double acos(double x) { return x < -1 || x > 1 ? 0.0 : std::acos(x); }
inline double acosh(double x) { return x < 1 ? 0.0 : std::acosh(x); }
inline double atanh(double x) { return x < -1 || x > 1 ? 0.0 : std::atanh(x); }
inline double min(double a, double b) { return b < a ? b : a; }
inline double max(double a, double b) { return a < b ? b : a; }
inline double range(double low, double high, double x) { return x < low ? low : x > high ? high : x; }
inline double sign(double x) { return x < 0 ? -1.0 : 1.0; }
inline double ldexp(double x, double n) { return x * std::exp2(std::trunc(n)); }
inline double atan2(double y, double x) { return x == 0 ? (y == 0 ? 0.0 : y > 0 ? 0.5 * pi : -0.5 * pi) : std::atan2(y, x); }
inline double isnan(double x) { return std::isnan(x) ? 1.0 : 0.0; }
inline double isinf(double x) { return std::isinf(x) ? 1.0 : 0.0; }
inline double isfinite(double x) { return std::isfinite(x) ? 1.0 : 0.0; }
inline double isnormal(double x) { return std::isnormal(x) ? 1.0 : 0.0; }
inline double signbit(double x) { return std::signbit(x) ? 1.0 : 0.0; }

inline double gaus(double x, double mean = 0, double sigma = 1, double norm = 0) {
  if (sigma == 0) return 1e30;
  const double arg = (x - mean) / sigma;
  const double value = std::fabs(arg) > 39.0 ? 0.0 : std::exp(-0.5 * arg * arg);
  return norm != 0 ? value / (std::sqrt(2.0 * pi) * sigma) : value;
}
inline double freq(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
inline double breit_wigner(double x, double mean = 0, double gamma = 1) {
  return gamma / ((x - mean) * (x - mean) + 0.25 * gamma * gamma) / (2.0 * pi);
}
inline double cauchy(double x, double t = 0, double s = 1) { return s / (pi * (s * s + (x - t) * (x - t))); }
inline double laplace(double x, double alpha = 0, double beta = 1) { return std::exp(-std::fabs((x - alpha) / beta)) / (2.0 * beta); }
inline double turned(double x, double least) {
  if (!std::isfinite(x)) return std::numeric_limits<double>::quiet_NaN();
  return x - 2.0 * pi * std::floor((x - least) / (2.0 * pi));
}
inline double phi_0_2pi(double x) { return turned(x, 0.0); }
inline double phi_mpi_pi(double x) { return turned(x, -pi); }

}  // namespace tmvalite

#endif
