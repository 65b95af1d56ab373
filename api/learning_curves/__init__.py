"""/v1/jobs/{id}/learning-curve: would more data help?"""
