# SPDX-License-Identifier: Apache-2.0
# The table of instance types as a C++ source: cmake -DTABLE=in.csv -DSOURCE=out.cpp -P embed_table.cmake
file(READ "${TABLE}" text)
string(FIND "${text}" ")table\"" closing)
if(text STREQUAL "" OR NOT closing EQUAL -1)
  message(FATAL_ERROR "${TABLE} is empty, or holds what would end the literal")
endif()
file(WRITE "${SOURCE}" "// Made of ${TABLE}.
#include \"adapters/ec2/catalogue_file.h\"

std::string_view cgtally::ec2::shipped_table() {
  return R\"table(${text})table\";
}
")
