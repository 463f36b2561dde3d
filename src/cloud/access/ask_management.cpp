// CloudFormation, CloudWatch, Application Auto Scaling: what their operations need leave for.

#include "cloud/access/asking.h"

namespace cloud::access {

void ask_cloudformation(Asking& asking) {
  const Input& in = asking.input;
  std::string stack = in.text("StackName");
  if (stack.empty() && in.text("ChangeSetName").starts_with("arn:")) stack = in.text("ChangeSetName");
  if (stack.empty()) {
    asking.ask_for_all();
  } else {
    asking.ask(stack.starts_with("arn:") ? stack : asking.arn("cloudformation", "stack/" + stack + "/*"));
  }
  asking.pass_role(in.text("RoleARN"), "cloudformation.amazonaws.com");
}

void ask_cloudwatch(Asking& asking) {
  const Input& in = asking.input;
  const auto alarm = [&](const std::string& name) { asking.ask(asking.arn("cloudwatch", "alarm:" + name)); };
  if (const std::string tagged = in.text("ResourceARN"); !tagged.empty()) {
    asking.ask(tagged);
  } else if (asking.one_of({"PutMetricAlarm", "PutCompositeAlarm", "SetAlarmState"})) {
    alarm(in.text("AlarmName"));
  } else if (asking.one_of({"DeleteAlarms", "EnableAlarmActions", "DisableAlarmActions"})) {
    for (const std::string& name : in.texts("AlarmNames")) alarm(name);
  } else if (asking.operation == "DescribeAlarmHistory") {
    const std::string name = in.text("AlarmName");
    alarm(name.empty() ? "*" : name);
  } else if (asking.operation == "DescribeAlarms") {
    alarm("*");
  } else {
    Asked& asked = asking.ask_for_all();
    const std::string name = in.text("Namespace");
    if (asking.operation == "PutMetricData" && !name.empty()) asked.keys.emplace_back("cloudwatch:namespace", name);
  }
}

void ask_autoscaling(Asking& asking) {
  const Input& in = asking.input;
  if (const std::string tagged = in.text("ResourceARN"); !tagged.empty()) {
    asking.ask(tagged);
    return;
  }
  Asked& asked = asking.operation.starts_with("Describe")
                     ? asking.ask_for_all()
                     : asking.ask(asking.arn("application-autoscaling", "scalable-target/*"));
  for (const auto& [member, key] :
       {std::pair<const char*, const char*>{"ServiceNamespace", "application-autoscaling:service-namespace"},
        {"ScalableDimension", "application-autoscaling:scalable-dimension"}}) {
    std::string value = in.text(member);
    if (!value.empty()) asked.keys.emplace_back(key, std::move(value));
  }
}

}  // namespace cloud::access
