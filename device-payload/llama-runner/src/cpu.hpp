#pragma once

namespace runner {

/** Name of the CPU level this program was built for, for the ready event. */
const char * cpu_level();

} // namespace runner
