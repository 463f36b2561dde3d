#pragma once

#include "api/ecs/operations.h"
#include "base/fault.h"
#include "ecs/core.h"
#include "ecs/task_driver.h"
#include "service/context.h"

// The operations of ECS, one function each, named like AWS's.
namespace ecs {

template <class Op>
using Answer = base::Outcome<typename Op::Output>;
using service::Context;

#define ECS_OPERATION(function, Op) Answer<api::ecs::Op> function(Core&, const api::ecs::Op::Input&, Context&)
ECS_OPERATION(create_cluster, CreateCluster);
ECS_OPERATION(delete_cluster, DeleteCluster);
ECS_OPERATION(describe_clusters, DescribeClusters);
ECS_OPERATION(list_clusters, ListClusters);
ECS_OPERATION(update_cluster, UpdateCluster);
ECS_OPERATION(update_cluster_settings, UpdateClusterSettings);

ECS_OPERATION(register_task_definition, RegisterTaskDefinition);
ECS_OPERATION(deregister_task_definition, DeregisterTaskDefinition);
ECS_OPERATION(describe_task_definition, DescribeTaskDefinition);
ECS_OPERATION(list_task_definitions, ListTaskDefinitions);
ECS_OPERATION(list_task_definition_families, ListTaskDefinitionFamilies);

ECS_OPERATION(create_service, CreateService);
ECS_OPERATION(update_service, UpdateService);
ECS_OPERATION(delete_service, DeleteService);
ECS_OPERATION(describe_services, DescribeServices);
ECS_OPERATION(list_services, ListServices);

ECS_OPERATION(describe_tasks, DescribeTasks);
ECS_OPERATION(list_tasks, ListTasks);
ECS_OPERATION(execute_command, ExecuteCommand);
ECS_OPERATION(get_task_protection, GetTaskProtection);
ECS_OPERATION(update_task_protection, UpdateTaskProtection);

ECS_OPERATION(tag_resource, TagResource);
ECS_OPERATION(untag_resource, UntagResource);
ECS_OPERATION(list_tags_for_resource, ListTagsForResource);
#undef ECS_OPERATION

Answer<api::ecs::RunTask> run_task(Core&, TaskDriver&, const api::ecs::RunTaskRequest&, Context&);
Answer<api::ecs::StopTask> stop_task(Core&, TaskDriver&, const api::ecs::StopTaskRequest&, Context&);

}  // namespace ecs
