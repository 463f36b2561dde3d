#include <gtest/gtest.h>

#include "service/bench_for_test.h"
#include "ssm/operations.h"
#include "ssm/service.h"

namespace {

using namespace api::ssm;

class SsmTest : public testing::Test {
 protected:
  std::int64_t put(const std::string& name, const std::string& value, const std::string& type = "String") {
    const auto out = bench.ok<PutParameter>({.name = name, .overwrite = true, .type_ = type, .value = value});
    return out.version.value_or(0);
  }
  std::string value_of(const std::string& name, bool decrypt = true) {
    const auto out = bench.run<GetParameter>({.name = name, .with_decryption = decrypt});
    return out ? *out->parameter->value : std::string(out.error().shape->name);
  }
  std::vector<std::string> below(const std::string& path, bool recursive) {
    std::vector<std::string> names;
    const auto out = bench.ok<GetParametersByPath>({.path = path, .recursive = recursive});
    for (const auto& parameter : *out.parameters) names.push_back(*parameter.name);
    return names;
  }
  std::string refused(PutParameterRequest request) { return bench.fault<PutParameter>(std::move(request)); }

  service::BenchForTest bench{[] { return ssm::make_service(); }};
};

using Names = std::vector<std::string>;

}  // namespace

TEST_F(SsmTest, AParameterAsAwsShowsIt) {
  EXPECT_EQ(put("/app/url", "http://x"), 1);
  bench.restart();
  const auto got = bench.ok<GetParameter>({.name = "/app/url"});
  EXPECT_EQ(got.parameter->arn, "arn:aws:ssm:us-east-1:000000000000:parameter/app/url");
  EXPECT_EQ(got.parameter->name, "/app/url");
  EXPECT_EQ(got.parameter->type_, "String");
  EXPECT_EQ(got.parameter->value, "http://x");
  EXPECT_EQ(got.parameter->version, 1);
  EXPECT_EQ(got.parameter->data_type, "text");
  EXPECT_FALSE(got.parameter->selector);
  EXPECT_EQ(value_of("arn:aws:ssm:us-east-1:000000000000:parameter/app/url"), "http://x");
  put("plain", "p");
  put("/rooted", "r");
  EXPECT_EQ(value_of("arn:aws:ssm:us-east-1:000000000000:parameter/plain"), "p");
  EXPECT_EQ(value_of("arn:aws:ssm:us-east-1:000000000000:parameter/rooted"), "r");
  EXPECT_EQ(value_of("nobody"), "ParameterNotFound");
  EXPECT_EQ(value_of("arn:aws:ssm:eu-west-1:000000000000:parameter/plain"), "ValidationException");
}

TEST_F(SsmTest, ValuesAreReplacedOnlyWhenAskedTo) {
  put("p", "1");
  EXPECT_EQ(
      refused({.name = "p", .type_ = "String", .value = "2"}),
      "ParameterAlreadyExists: The parameter already exists. To overwrite this value, set the overwrite option in "
      "the request to true.");
  // What is not given stays.
  bench.ok<PutParameter>({.description = "d", .name = "p", .overwrite = true, .value = "2"});
  bench.ok<PutParameter>({.name = "p", .overwrite = true, .value = "3"});
  EXPECT_EQ(value_of("p"), "3");
  EXPECT_EQ(value_of("p:2"), "2");
  EXPECT_EQ(bench.ok<GetParameter>({.name = "p:2"}).parameter->selector, ":2");
  EXPECT_EQ(
      bench.fault<GetParameter>({.name = "p:9"}),
      "ParameterVersionNotFound: Systems Manager could not find version 9 of p. Verify the version and try again.");
  const auto history = bench.ok<GetParameterHistory>({.name = "p"});
  ASSERT_EQ(history.parameters->size(), 3u);
  EXPECT_FALSE(history.parameters->at(0).description);
  EXPECT_EQ(history.parameters->at(2).description, "d");
  bench.ok<DeleteParameter>({.name = "p"});
  EXPECT_EQ(value_of("p:2"), "ParameterNotFound");
  EXPECT_EQ(put("p", "anew"), 1);
  EXPECT_EQ(bench.fault<DeleteParameter>({.name = "nobody"}), "ParameterNotFound: ");
}

TEST_F(SsmTest, TheHundredthVersionMakesRoom) {
  for (int i = 0; i < 101; ++i) put("p", std::to_string(i));
  EXPECT_EQ(value_of("p:1"), "ParameterVersionNotFound");
  EXPECT_EQ(value_of("p:2"), "1");
  bench.ok<LabelParameterVersion>({.labels = {"keep"}, .name = "p", .parameter_version = 2});
  EXPECT_TRUE(
      refused({.name = "p", .overwrite = true, .value = "x"})
          .starts_with("ParameterMaxVersionLimitExceeded: You attempted to create a new version of p by calling "
                       "the PutParameter API with the overwrite flag. Version 2, the oldest version, can't be "
                       "deleted because it has a label"));
  EXPECT_EQ(bench.ok<GetParameterHistory>({.name = "p"}).parameters->size(), 50u);
}

TEST_F(SsmTest, SecureStringsNeedDecryption) {
  put("s", "hush", "SecureString");
  EXPECT_EQ(value_of("s"), "hush");
  const std::string sealed = value_of("s", false);
  EXPECT_EQ(sealed.find("hush"), std::string::npos);
  EXPECT_EQ(value_of("s", false), sealed);
  EXPECT_EQ(bench.ok<DescribeParameters>({}).parameters->front().key_id, "alias/aws/ssm");
  EXPECT_EQ(
      refused({.key_id = "alias/mine", .name = "t", .type_ = "SecureString", .value = "v"}),
      "ValidationException: KMS keys (KeyId alias/mine) other than alias/aws/ssm are not supported by renkei yet.");
}

TEST_F(SsmTest, NamesAndValuesThatAwsRefuses) {
  const std::string path_rules =
      "ValidationException: Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it "
      "can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and "
      "the following 3 symbols .-_";
  const auto name = [&](const std::string& text) { return refused({.name = text, .type_ = "String", .value = "v"}); };
  EXPECT_EQ(name("a b"), path_rules);
  EXPECT_EQ(name("/a//b"), path_rules);
  EXPECT_EQ(name("/ssm/x"), path_rules);
  EXPECT_EQ(name("awsx"),
            "ValidationException: Parameter name: can't be prefixed with \"aws\" or \"ssm\" "
            "(case-insensitive).");
  EXPECT_EQ(name("/aws/x"), "AccessDeniedException: No access to reserved parameter name: /aws/x.");
  EXPECT_EQ(name("a/b"), "ValidationException: Parameter name must be a fully qualified name.");
  EXPECT_TRUE(name("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16").starts_with("HierarchyLevelLimitExceededException"));
  EXPECT_EQ(refused({.name = "p", .value = "v"}),
            "ValidationException: A parameter type is required when you create a parameter.");
  EXPECT_TRUE(
      refused({.name = "p", .type_ = "String", .value = std::string(4097, 'x')})
          .starts_with("ValidationException: Standard tier parameters support a maximum parameter value of 4096"));
  EXPECT_EQ(bench
                .ok<PutParameter>(
                    {.name = "p", .tier = "Intelligent-Tiering", .type_ = "String", .value = std::string(4097, 'x')})
                .tier,
            "Advanced");
  EXPECT_TRUE(refused({.name = "p", .overwrite = true, .tier = "Standard", .value = "v"})
                  .starts_with("ValidationException: This parameter uses the advanced-parameter tier."));
  EXPECT_EQ(refused({.allowed_pattern = "[0-9]+", .name = "n", .type_ = "String", .value = "x"}),
            "ParameterPatternMismatchException: Parameter value, cannot be validated against allowedPattern: [0-9]+");
  EXPECT_TRUE(refused({.allowed_pattern = "[", .name = "n", .type_ = "String", .value = "x"})
                  .starts_with("InvalidAllowedPatternException"));
  EXPECT_TRUE(refused({.name = "n", .overwrite = true, .tags = {{{"k", "v"}}}, .type_ = "String", .value = "x"})
                  .starts_with("ValidationException: Invalid request: tags and overwrite can't be used together."));
}

TEST_F(SsmTest, ManyAtOnce) {
  put("a", "1");
  put("b", "2", "StringList");
  const auto got = bench.ok<GetParameters>({.names = {"b", "nobody", "a:1", "a:7", "b"}});
  ASSERT_EQ(got.parameters->size(), 2u);
  EXPECT_EQ(got.parameters->at(0).type_, "StringList");
  EXPECT_EQ(got.parameters->at(1).selector, ":1");
  EXPECT_EQ(got.invalid_parameters, (Names{"nobody", "a:7"}));
  const auto gone = bench.ok<DeleteParameters>({.names = {"a", "nobody"}});
  EXPECT_EQ(gone.deleted_parameters, Names{"a"});
  EXPECT_EQ(gone.invalid_parameters, Names{"nobody"});
}

TEST_F(SsmTest, Hierarchies) {
  for (const char* name : {"/app/a", "/app/b/c", "/apple", "/app/b/d", "root"}) put(name, "v");
  EXPECT_EQ(below("/app", false), (Names{"/app/a"}));
  EXPECT_EQ(below("/app/", true), (Names{"/app/a", "/app/b/c", "/app/b/d"}));
  EXPECT_EQ(below("/", false), (Names{"/apple", "root"}));
  EXPECT_TRUE(bench.fault<GetParametersByPath>({.path = "app"})
                  .starts_with("ValidationException: The parameter doesn't meet the parameter name requirements."));
  auto page = bench.ok<GetParametersByPath>({.max_results = 2, .path = "/", .recursive = true});
  EXPECT_EQ(page.parameters->size(), 2u);
  page =
      bench.ok<GetParametersByPath>({.max_results = 5, .next_token = page.next_token, .path = "/", .recursive = true});
  EXPECT_EQ(page.parameters->size(), 3u);
  EXPECT_FALSE(page.next_token);
}

TEST_F(SsmTest, LabelsMove) {
  put("p", "1");
  put("p", "2");
  EXPECT_EQ(
      bench.ok<LabelParameterVersion>({.labels = {"prod"}, .name = "p", .parameter_version = 1}).parameter_version, 1);
  EXPECT_EQ(value_of("p:prod"), "1");
  EXPECT_EQ(bench.ok<LabelParameterVersion>({.labels = {"prod"}, .name = "p"}).parameter_version, 2);
  EXPECT_EQ(value_of("p:prod"), "2");
  EXPECT_EQ(value_of("p:1"), "1");
  EXPECT_EQ(bench.ok<LabelParameterVersion>({.labels = {"1st", "ok", "awsome"}, .name = "p"}).invalid_labels,
            (Names{"1st", "awsome"}));
  EXPECT_EQ(value_of("p:ok"), "ParameterVersionNotFound");
  Names many;
  for (int i = 0; i < 10; ++i) many.push_back("l" + std::to_string(i));
  EXPECT_TRUE(bench.fault<LabelParameterVersion>({.labels = many, .name = "p"})
                  .starts_with("ParameterVersionLabelLimitExceeded"));
  const auto gone = bench.ok<UnlabelParameterVersion>({.labels = {"prod", "x"}, .name = "p", .parameter_version = 2});
  EXPECT_EQ(gone.removed_labels, Names{"prod"});
  EXPECT_EQ(gone.invalid_labels, Names{"x"});
}

TEST_F(SsmTest, FiltersAndTags) {
  bench.ok<PutParameter>({.name = "/app/a", .tags = {{{"team", "x"}}}, .type_ = "String", .value = "v"});
  put("/app/b", "v", "SecureString");
  const auto described = [&](std::vector<ParameterStringFilter> filters) {
    Names names;
    const auto out = bench.ok<DescribeParameters>({.parameter_filters = std::move(filters)});
    for (const auto& one : *out.parameters) names.push_back(*one.name);
    return names;
  };
  EXPECT_EQ(described({{.key = "tag:team", .values = {{"x"}}}}), (Names{"/app/a"}));
  EXPECT_EQ(described({{.key = "Type", .values = {{"SecureString"}}}}), (Names{"/app/b"}));
  EXPECT_EQ(described({{.key = "Name", .option = "Contains", .values = {{"pp"}}}}), (Names{"/app/a", "/app/b"}));
  EXPECT_EQ(described({{.key = "Path", .option = "Recursive", .values = {{"/app"}}},
                       {.key = "Tier", .values = {{"Advanced"}}}}),
            Names{});
  EXPECT_EQ(
      bench.fault<DescribeParameters>({.parameter_filters = {{{.key = "Label", .values = {{"x"}}}}}}),
      "InvalidFilterKey: The following filter key is not valid: Label. Valid filter keys include: [DataType, KeyId, "
      "Name, Path, Tier, Type, tag:].");
  bench.ok<AddTagsToResource>(
      {.resource_id = "/app/b", .resource_type = "Parameter", .tags = {{"k", "v"}, {"l", "w"}}});
  bench.ok<RemoveTagsFromResource>({.resource_id = "/app/b", .resource_type = "Parameter", .tag_keys = {"k"}});
  const auto tags = bench.ok<ListTagsForResource>({.resource_id = "/app/b", .resource_type = "Parameter"});
  ASSERT_EQ(tags.tag_list->size(), 1u);
  EXPECT_EQ(tags.tag_list->front().key, "l");
  EXPECT_TRUE(bench.fault<ListTagsForResource>({.resource_id = "nobody", .resource_type = "Parameter"})
                  .starts_with("InvalidResourceId: The resource ID is not valid."));
}
