"""Graphics processors, through the vendor's management library (NVML) where there is one.

Needs the package `nvidia-ml-py` (`pip install verascope[gpu]`) and a driver; without them nothing is known.
"""

from typing import Any, Self


class Gpus:
    """The devices of this machine; close it once."""

    def __init__(self, library: Any, devices: list[Any]) -> None:
        self._library = library
        self._devices = devices

    @classmethod
    def open(cls) -> Self:
        """Never raises: without library, driver or device there are none."""
        try:
            import pynvml
        except ImportError:
            return cls(None, [])
        try:
            pynvml.nvmlInit()
            count = pynvml.nvmlDeviceGetCount()
            devices = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
        except pynvml.NVMLError:
            return cls(None, [])
        return cls(pynvml, devices)

    def usage(self) -> tuple[float | None, float | None]:
        """(busy, memory) in percent, means over the devices; None when there is none or it won't tell."""
        if not self._devices:
            return None, None
        try:
            busy = [self._library.nvmlDeviceGetUtilizationRates(one).gpu for one in self._devices]
            memory = [self._library.nvmlDeviceGetMemoryInfo(one) for one in self._devices]
        except self._library.NVMLError:
            return None, None
        used = sum(one.used for one in memory)
        total = sum(one.total for one in memory)
        return sum(busy) / len(busy), 100 * used / total if total else None

    def close(self) -> None:
        if self._library is not None:
            self._library.nvmlShutdown()
            self._library, self._devices = None, []
