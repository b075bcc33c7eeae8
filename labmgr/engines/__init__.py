"""Drivers of container engines: Docker for real, a fake that keeps the same promises."""

import sys
import warnings

# What docker-py loads and labmgr has no use for, 11 MiB a process: paramiko speaks to engines
# behind ssh:// alone (`reach` loads it for such a one), the other guesses the encoding of answers
# that are UTF-8 by contract. Told that they are not there, docker-py and requests are content.
_SPARED = {"paramiko", "charset_normalizer"} - sys.modules.keys()
sys.modules.update(dict.fromkeys(_SPARED))  # type: ignore[arg-type]  # None: "there is none"
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Unable to find acceptable character detection")
    import docker as _docker  # noqa: F401
for _name in _SPARED:
    del sys.modules[_name]
