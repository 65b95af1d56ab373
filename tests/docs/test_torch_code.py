"""The pages show the PyTorch classes that come with models."""

from engine.interchange import torch_ensemble
from engine.layers import residual
from engine.layers.convolution.windows import TORCH_OVER_TIME
from engine.layers.recurrent import recurrent
from tests.support.documentation import page_text


def test_the_page_on_images_shows_the_classes_for_sequences_and_residual_blocks() -> None:
    page = page_text("images")
    assert residual.TORCH in page
    assert TORCH_OVER_TIME in page


def test_the_page_on_sequences_shows_the_class_of_recurrent_layers() -> None:
    assert recurrent.TORCH.format(name="LSTM").rstrip() in page_text("sequences")


def test_the_page_on_training_shows_the_classes_of_ensembles() -> None:
    assert torch_ensemble.TORCH.format(activation="torch.softmax(z, -1)") in page_text("training")
