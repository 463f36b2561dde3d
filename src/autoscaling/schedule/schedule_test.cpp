// at(), rate() and cron() of scheduled actions (R2.20 to R2.22), in zones with summer time.

#include "autoscaling/schedule/schedule.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace {

using autoscaling::next_run;
using autoscaling::parse_schedule;
using autoscaling::ScheduleSpan;
using autoscaling::TimeZone;
using std::chrono::hours;
using std::chrono::minutes;

base::TimePoint utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  const std::chrono::sys_days date{std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)};
  return base::TimePoint(date.time_since_epoch()) + hours(hour) + minutes(minute);
}

std::string shown(base::TimePoint at) {
  if (at == base::kNever) return "never";
  const auto day = std::chrono::floor<std::chrono::days>(at.time_since_epoch());
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const auto minute = std::chrono::floor<minutes>(at.time_since_epoch() - day).count();
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%d-%02u-%02u %02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(minute / 60),
                static_cast<int>(minute % 60));
  return text.data();
}

// A zone by its rule alone, in TZif form: an empty old block, and a new one without transitions.
TimeZone zone(const std::string& rule) {
  const auto header = [](char types, char chars) {
    return std::string("TZif2") + std::string(15, '\0') + std::string(16, '\0') + std::string(3, '\0') + types +
           std::string(3, '\0') + chars;
  };
  const std::string bytes =
      header('\0', '\0') + header('\1', '\4') + std::string(6, '\0') + std::string("LMT\0", 4) + "\n" + rule + "\n";
  const auto parsed = TimeZone::parse(bytes);
  EXPECT_TRUE(parsed) << rule;
  return parsed.value_or(TimeZone::utc());
}

const char* const kNewYork = "EST5EDT,M3.2.0,M11.1.0";
const char* const kSydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";

std::string next(std::string_view schedule, base::TimePoint after, const TimeZone& where = TimeZone::utc(),
                 const ScheduleSpan& span = {}) {
  const auto parsed = parse_schedule(schedule);
  if (!parsed) return "error: " + parsed.error();
  return shown(next_run(*parsed, span, where, after));
}

TEST(ScheduleForms, R2_20_At) {
  EXPECT_EQ(next("at(2027-03-01T08:30:00)", utc(2027, 1, 1)), "2027-03-01 08:30");
  EXPECT_EQ(next("at(2027-03-01T08:30:00)", utc(2027, 3, 1, 8, 30)), "never");
  EXPECT_EQ(next("at(2027-03-01T08:30:00)", utc(2027, 1, 1), zone(kNewYork)), "2027-03-01 13:30");
}

TEST(ScheduleForms, R2_20_Rate) {
  ScheduleSpan span;
  span.made = utc(2027, 1, 1, 0, 7);
  EXPECT_EQ(next("rate(1 hour)", span.made, TimeZone::utc(), span), "2027-01-01 01:07");
  EXPECT_EQ(next("rate(5 minutes)", utc(2027, 1, 1, 0, 12), TimeZone::utc(), span), "2027-01-01 00:17");
  EXPECT_EQ(next("rate(2 days)", utc(2027, 1, 2), TimeZone::utc(), span), "2027-01-03 00:07");
}

TEST(ScheduleForms, R2_20_Cron) {
  const auto friday = utc(2027, 1, 15, 8, 0);
  EXPECT_EQ(next("cron(0 9 * * ? *)", friday), "2027-01-15 09:00");
  EXPECT_EQ(next("cron(0 8 * * ? *)", friday), "2027-01-16 08:00");
  EXPECT_EQ(next("cron(0/15 * ? * MON-FRI *)", friday), "2027-01-15 08:15");
  EXPECT_EQ(next("cron(30 7,22 ? * SAT,SUN *)", friday), "2027-01-16 07:30");
  EXPECT_EQ(next("cron(0 0 L * ? *)", friday), "2027-01-31 00:00");
  EXPECT_EQ(next("cron(0 0 L-2 2 ? *)", friday), "2027-02-26 00:00");
  EXPECT_EQ(next("cron(0 0 1W 5 ? *)", friday), "2027-05-03 00:00") << "May 1 is a Saturday: not into April";
  EXPECT_EQ(next("cron(0 0 15W 8 ? *)", friday), "2027-08-16 00:00") << "a Sunday: the Monday after";
  EXPECT_EQ(next("cron(0 0 LW 1 ? *)", friday), "2027-01-29 00:00");
  EXPECT_EQ(next("cron(0 0 ? * 6L *)", friday), "2027-01-29 00:00") << "the last Friday";
  EXPECT_EQ(next("cron(0 0 ? * TUE#3 *)", friday), "2027-01-19 00:00");
  EXPECT_EQ(next("cron(0 0 ? FEB TUE#5 *)", friday), "2028-02-29 00:00");
  EXPECT_EQ(next("cron(0 0 29 2 ? *)", friday), "2028-02-29 00:00");
  EXPECT_EQ(next("cron(0 12 1 1 ? 2030)", friday), "2030-01-01 12:00");
  EXPECT_EQ(next("cron(0 12 1 1 ? 2020)", friday), "never");
  EXPECT_EQ(next("cron(0 22-2/2 ? * FRI-MON *)", friday), "2027-01-15 22:00");
}

TEST(ScheduleForms, R2_20_ASeventhFieldInFrontIsTheSecond) {
  EXPECT_EQ(next("cron(30 0 9 * * ? *)", utc(2027, 1, 15, 8, 0)), "2027-01-15 09:00");
}

TEST(ScheduleForms, Mistakes) {
  for (const char* text : {"",
                           "at()",
                           "at(2027-02-30T00:00:00)",
                           "at(2027-02-03 00:00:00)",
                           "at(2027-02-03T24:00:00)",
                           "rate(0 minutes)",
                           "rate(-1 hour)",
                           "rate(1 week)",
                           "rate(1)",
                           "cron(* * * * *)",
                           "cron(60 * * * ? *)",
                           "cron(0 24 * * ? *)",
                           "cron(0 0 32 * ? *)",
                           "cron(0 0 * 13 ? *)",
                           "cron(0 0 ? * 8 *)",
                           "cron(0 0 ? * MON#6 *)",
                           "cron(0 0 * * * *)",
                           "cron(0 0 ? * ? *)",
                           "cron(0/0 0 * * ? *)",
                           "cron(0 0 * * ? 1969)",
                           "every(1 minute)"}) {
    EXPECT_FALSE(parse_schedule(text)) << text;
  }
}

TEST(ScheduleForms, R2_22_RunsAtStartTooAndNeverAfterEnd) {
  ScheduleSpan span;
  span.made = utc(2027, 1, 1);
  span.start = utc(2027, 1, 2, 3, 5);
  span.end = utc(2027, 1, 2, 6, 0);
  EXPECT_EQ(next("cron(0 * * * ? *)", span.made, TimeZone::utc(), span), "2027-01-02 03:05");
  EXPECT_EQ(next("cron(0 * * * ? *)", *span.start, TimeZone::utc(), span), "2027-01-02 04:00");
  EXPECT_EQ(next("rate(1 hour)", *span.start, TimeZone::utc(), span), "2027-01-02 04:05");
  EXPECT_EQ(next("cron(0 * * * ? *)", utc(2027, 1, 2, 5, 59), TimeZone::utc(), span), "2027-01-02 06:00");
  EXPECT_EQ(next("cron(0 * * * ? *)", *span.end, TimeZone::utc(), span), "never");
}

TEST(SummerTime, R2_21_CronFollowsTheWallClock) {
  const TimeZone york = zone(kNewYork);
  EXPECT_EQ(next("cron(0 9 * * ? *)", utc(2027, 3, 13, 0, 0), york), "2027-03-13 14:00");
  EXPECT_EQ(next("cron(0 9 * * ? *)", utc(2027, 3, 14, 0, 0), york), "2027-03-14 13:00");
  EXPECT_EQ(next("cron(0 9 * * ? *)", utc(2027, 11, 7, 0, 0), york), "2027-11-07 14:00");
  const TimeZone sydney = zone(kSydney);
  EXPECT_EQ(next("cron(0 9 * * ? *)", utc(2027, 1, 1), sydney), "2027-01-01 22:00") << "summer in January";
  EXPECT_EQ(next("cron(0 9 * * ? *)", utc(2027, 7, 1), sydney), "2027-07-01 23:00");
}

TEST(SummerTime, TimesThatAreLeftOutOrComeTwice) {
  const TimeZone york = zone(kNewYork);
  // 2027-03-14 02:30 does not exist: 03:30 EDT. 2027-11-07 01:30 comes twice: the first, in EDT.
  EXPECT_EQ(next("cron(30 2 * * ? *)", utc(2027, 3, 14, 5, 0), york), "2027-03-14 07:30");
  EXPECT_EQ(next("cron(30 1 * * ? *)", utc(2027, 11, 7, 5, 0), york), "2027-11-07 05:30");
  EXPECT_EQ(next("cron(30 1 * * ? *)", utc(2027, 11, 7, 5, 30), york), "2027-11-08 06:30");
}

TEST(ZoneRules, AreReadAsPosixWritesThem) {
  EXPECT_EQ(zone("<+0545>-5:45").offset_at(utc(2027, 1, 1)), 5 * 3600 + 45 * 60);
  EXPECT_EQ(zone("CET-1CEST,M3.5.0,M10.5.0/3").offset_at(utc(2027, 3, 28, 1, 0)), 7200);
  EXPECT_EQ(zone("CET-1CEST,M3.5.0,M10.5.0/3").offset_at(utc(2027, 3, 28, 0, 59)), 3600);
  EXPECT_EQ(zone("EST5EDT,J60/0,J300/0").offset_at(utc(2028, 3, 1, 5, 0)), -4 * 3600) << "J60 is always March 1";
  EXPECT_EQ(zone("<-02>2<-01>,M3.5.0/-1,M10.5.0/0").offset_at(utc(2027, 7, 1)), -3600);
  for (const char* wrong : {"", "5", "EST", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.2.0,M11.1.0x"}) {
    EXPECT_FALSE(autoscaling::parse_zone_rule(wrong)) << wrong;
  }
  EXPECT_FALSE(TimeZone::parse(""));
  EXPECT_FALSE(TimeZone::parse("TZif2 and then nothing"));
}

}  // namespace
