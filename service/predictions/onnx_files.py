"""ONNX files of models: made one at a time, and kept while they are used."""

import threading
from collections import OrderedDict

from engine.interchange.onnx.file import is_available
from service.errors import FormatUnavailable
from service.predictions.loaded_models import LoadedModels
from store.ids import ProjectId
from tabular.trained_model.onnx.model import export_onnx

MAX_BYTES = 64 << 20  # of all kept files; those that were not used for longest are dropped first


class OnnxFiles:
    """The ONNX files of this process. The file of a model never changes, so downloads can go on where they ended."""

    def __init__(self, loaded_models: LoadedModels) -> None:
        self._loaded_models = loaded_models
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()  # a conversion takes a core and several times the memory of the weights

    def get(self, project: ProjectId, model_id: str) -> bytes:
        """Return the file of the project's model.

        Raises:
            NotFound: the project has no such model.
            NoOnnxForm: parts of the model have no ONNX form.
            FormatUnavailable: the server lacks the package.
        """
        model = self._loaded_models.get(project, model_id)
        if not is_available():
            raise FormatUnavailable(
                "This server cannot write ONNX files because the package onnx is not installed. Ask its operator to "
                "install backprop[onnx], or download the weights as safetensors."
            )
        with self._lock:
            if model_id not in self._kept:
                self._keep(model_id, export_onnx(model, model_id=model_id))
            self._kept.move_to_end(model_id)
            return self._kept[model_id]

    def _keep(self, model_id: str, data: bytes) -> None:
        self._kept[model_id] = data
        self._bytes += len(data)
        while self._bytes > MAX_BYTES and len(self._kept) > 1:
            self._bytes -= len(self._kept.popitem(last=False)[1])
