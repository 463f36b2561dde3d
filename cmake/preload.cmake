# preload/renkei_time.cpp as a shared library without any dependency, for whatever C library an image has. Its bytes
# become part of the program, so there is nothing to install: src/linux/time_library.cpp includes the file.
set(RENKEI_TIME_LIBRARY ${CMAKE_BINARY_DIR}/renkei-time.so)
add_custom_command(
  OUTPUT ${RENKEI_TIME_LIBRARY}
  COMMAND ${CMAKE_CXX_COMPILER} -std=c++23 -O2 -fPIC -shared -nostdlib -fno-exceptions -fno-rtti -fno-builtin
          -fvisibility=hidden -fno-stack-protector -fno-asynchronous-unwind-tables -Wall -Wextra -Werror
          -Wl,-soname,renkei-time.so -Wl,-z,now -o ${RENKEI_TIME_LIBRARY} ${CMAKE_SOURCE_DIR}/preload/renkei_time.cpp
  DEPENDS ${CMAKE_SOURCE_DIR}/preload/renkei_time.cpp COMMENT "renkei-time.so")
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/linux/time_library.cpp PROPERTIES
  OBJECT_DEPENDS ${RENKEI_TIME_LIBRARY} COMPILE_DEFINITIONS RENKEI_TIME_LIBRARY="${RENKEI_TIME_LIBRARY}")

# preload/pause.cpp in the same way, as a program: src/docker/pause.cpp includes it.
set(RENKEI_PAUSE_PROGRAM ${CMAKE_BINARY_DIR}/renkei-pause)
add_custom_command(
  OUTPUT ${RENKEI_PAUSE_PROGRAM}
  COMMAND ${CMAKE_CXX_COMPILER} -std=c++23 -O2 -static -nostdlib -nostartfiles -fno-exceptions -fno-rtti
          -fno-stack-protector -fno-asynchronous-unwind-tables -fno-pie -no-pie -Wall -Wextra -Werror
          -Wl,--build-id=none -Wl,-z,noseparate-code -s -o ${RENKEI_PAUSE_PROGRAM} ${CMAKE_SOURCE_DIR}/preload/pause.cpp
  DEPENDS ${CMAKE_SOURCE_DIR}/preload/pause.cpp COMMENT "renkei-pause")
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/docker/pause.cpp PROPERTIES
  OBJECT_DEPENDS ${RENKEI_PAUSE_PROGRAM} COMPILE_DEFINITIONS RENKEI_PAUSE_PROGRAM="${RENKEI_PAUSE_PROGRAM}")
