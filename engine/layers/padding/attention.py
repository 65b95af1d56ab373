"""Attention over sequences of different lengths: no time step attends to padding."""

from __future__ import annotations

import numpy as np

from engine.layers.attention import Attention
from engine.layers.layer_id import LayerId
from engine.layers.mask import TORCH_PADDING, Mask
from engine.memory import Shape
from engine.spec import AttentionSpec


class PaddedAttention(Attention):
    """Attention in which padding has the score minus infinity, so its weight is 0."""

    def _softmax(self) -> None:
        """Also leave out what comes after the end of each row."""
        np.copyto(self.weights, -np.inf, where=self.padding.ended[:, None, None, :])
        super()._softmax()

    def __init__(self, spec: AttentionSpec, shape: Shape, layer_id: LayerId, mask: Mask) -> None:
        super().__init__(spec, shape, layer_id)
        self.padding = mask

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"Padded{super().torch_code()}"

    def torch_definitions(self) -> dict[str, str]:
        """Return a class around PyTorch's layer, for self-attention with padding."""
        return {"Padding": TORCH_PADDING, "PaddedAttention": TORCH_PADDED}


TORCH_PADDED = """\
class PaddedAttention(torch.nn.MultiheadAttention):
    def __init__(self, features, heads, causal=False, dropout=0.0):
        super().__init__(features, heads, dropout, batch_first=True)
        self.causal = causal

    def forward(self, x):
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        mask = later if self.causal else None
        return super().forward(x, x, x, attn_mask=mask, key_padding_mask=~Padding.valid, need_weights=False)[0]
"""
