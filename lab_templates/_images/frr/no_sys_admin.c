/* FRR's daemons ask for CAP_SYS_ADMIN, which only VRFs in network namespaces of their own need,
 * and end when they do not get it. Loaded before them, this leaves it out of what they ask for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/capability.h>

typedef int set_flag(cap_t, cap_flag_t, int, const cap_value_t *, cap_flag_value_t);

int cap_set_flag(cap_t caps, cap_flag_t flag, int count, const cap_value_t *wanted,
                 cap_flag_value_t value)
{
	set_flag *real = (set_flag *)dlsym(RTLD_NEXT, "cap_set_flag");

	if (!real)
		return -1;
	for (int at = 0; at < count; at++)
		if (wanted[at] != CAP_SYS_ADMIN && real(caps, flag, 1, &wanted[at], value))
			return -1;
	return 0;
}
