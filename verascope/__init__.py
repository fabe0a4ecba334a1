"""Verascope: analytics, monitoring and business intelligence for deepfake-detection services."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("verascope")
except PackageNotFoundError:  # a bare checkout on sys.path, before `make serve`
    __version__ = "0+uninstalled"
