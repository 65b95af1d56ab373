"""The Python client of Backprop: upload a table, train a network, predict.

client = Client("http://127.0.0.1:8000")
dataset = client.datasets.upload("customers.csv")
job = client.jobs.create(dataset_id=dataset.id, target="churned").wait()
print(job.model().predict([{"age": 30, "plan": "basic"}]).labels)
"""

from backprop_client._async.client import AsyncClient
from backprop_client._sync.client import Client
from backprop_client.errors import BackpropError
from backprop_client.webhook_signatures import verify_webhook

__all__ = ["AsyncClient", "BackpropError", "Client", "verify_webhook"]
