"""Layer numbers of a request and of the network differ by the embedding layer in front."""

import pytest

from engine.spec import ColumnEmbeddingSpec, DenseSpec, EmbeddedColumnSpec
from tabular.planning.layers.column_embedding import NetworkLayers

EMBEDDING = ColumnEmbeddingSpec(columns=(EmbeddedColumnSpec(column=0, categories=3, size=2),))
DENSE = (DenseSpec(units=4), DenseSpec(units=2))


@pytest.mark.parametrize(("front", "offset"), [((), 0), ((EMBEDDING,), 1)])
def test_numbers_convert_in_both_directions(front: tuple[ColumnEmbeddingSpec, ...], offset: int) -> None:
    layers = NetworkLayers.of((*front, *DENSE))
    assert layers.embedding == front
    assert layers.requested == DENSE
    assert layers.all == (*front, *DENSE)
    assert layers.index(1) == 1 + offset
    assert layers.requested_count(2 + offset) == 2
    assert layers.requested_count(0) == 0
    assert list(layers.first(0)) == []
    assert list(layers.first(1)) == list(range(1 + offset))
