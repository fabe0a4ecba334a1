"""Reports the predictions of a deepfake detector to Verascope: `Client(url, key=…).record(prediction="fake", …)`."""

from verascope_client.asgi import VerascopeMiddleware
from verascope_client.books import Stats
from verascope_client.client import Client
from verascope_client.event import Fields
from verascope_client.monitor import monitor
from verascope_client.recorder import Recorder
from verascope_client.version import __version__
from verascope_client.watch import Exchange
from verascope_client.wsgi import VerascopeWSGI

__all__ = [
    "Client",
    "Exchange",
    "Fields",
    "Recorder",
    "Stats",
    "VerascopeMiddleware",
    "VerascopeWSGI",
    "__version__",
    "monitor",
]
