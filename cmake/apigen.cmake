# api/*.json -> typed structs and tables, at build time. tools/apigen prints the files it will write with --list, so
# the build knows them at configure time and reruns when a model or the generator changes.
set(RENKEI_GENERATED_DIR ${CMAKE_BINARY_DIR}/gen)
file(GLOB api_models CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/api/*.json)
file(GLOB_RECURSE api_generator CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/apigen/*)
set(RENKEI_GENERATED_SOURCES)
if(api_models AND EXISTS ${CMAKE_SOURCE_DIR}/tools/apigen/__main__.py)
  execute_process(
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/apigen --models ${CMAKE_SOURCE_DIR}/api --out ${RENKEI_GENERATED_DIR} --list
    OUTPUT_VARIABLE generated OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" generated "${generated}")
  set(RENKEI_GENERATED_SOURCES ${generated})
  list(FILTER RENKEI_GENERATED_SOURCES INCLUDE REGEX "\\.cpp$")
  # Tables and one-line functions: optimizing them for speed doubles the time to compile them, for nothing.
  set_source_files_properties(${RENKEI_GENERATED_SOURCES} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")
  if(RENKEI_SANITIZE)  # constants: watching them takes a compiler minutes a file, and there is nothing to see
    set_source_files_properties(${RENKEI_GENERATED_SOURCES} PROPERTIES COMPILE_OPTIONS "-O0;-fno-sanitize=all")
  endif()
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/apigen --models ${CMAKE_SOURCE_DIR}/api --out ${RENKEI_GENERATED_DIR}
    DEPENDS ${api_models} ${api_generator} COMMENT "apigen")
  add_custom_target(renkei_apigen DEPENDS ${generated})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${api_models})
else()
  add_custom_target(renkei_apigen)
endif()
