"""What a careful engineer writes by hand: FastAPI, ONNX Runtime int8, SQLite. The peer of turns.py.

    MODEL=MODEL_DIRECTORY GRAPH=ENCODER.int8.onnx DB=FILE uvicorn fastapi_service:app --workers 2

POST /v1/messages {"conversation_id", "text"} → {"intent", "confidence", "reply"}. Every turn is two rows, committed with
`synchronous=FULL` before the answer goes out. The head is made of random numbers: it costs what a trained one costs.
"""

import json
import os
import sqlite3
import threading
import uuid

import numpy as np
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel
from safetensors.numpy import load_file
from tokenizers import Tokenizer

INTENTS, LONGEST = 60, 128


class Classifier:
    def __init__(self, directory, graph):
        self.tokenizer = Tokenizer.from_file(f"{directory}/tokenizer.json")
        self.tokenizer.no_padding()
        tensors = load_file(f"{directory}/model.safetensors")
        word, position, kind = (
            next(value for name, value in tensors.items() if name.endswith(f"embeddings.{part}_embeddings.weight"))
            for part in ("word", "position", "token_type"))
        self.words, self.places = word, (position + kind[0]).astype(np.float32)
        with open(f"{directory}/manifest.json") as file:
            self.prefix = json.load(file).get("query_prefix", "")
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(graph, settings, providers=["CPUExecutionProvider"])
        self.head = np.random.default_rng(7).standard_normal((word.shape[1], INTENTS)).astype(np.float32)

    def __call__(self, text):
        ids = self.tokenizer.encode(self.prefix + text).ids[:LONGEST]
        inputs = {
            "embeddings": (self.words[ids] + self.places[: len(ids)])[None].astype(np.float32),
            "attention_mask": np.ones((1, len(ids)), np.int64),
        }
        vector = self.session.run(None, inputs)[0][0].mean(axis=0)
        logits = 10 * (vector / np.linalg.norm(vector)) @ self.head
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        return best, float(shares[best])


class Storage:
    """One connection a thread, as the sqlite3 module wants it."""

    def __init__(self, path):
        self.path, self.threads = path, threading.local()

    def connection(self):
        found = getattr(self.threads, "connection", None)
        if found is None:
            found = self.threads.connection = sqlite3.connect(self.path, timeout=20)
            found.execute("PRAGMA journal_mode=WAL")
            found.execute("PRAGMA synchronous=FULL")
            found.execute(
                "CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, conversation TEXT, sender TEXT, text TEXT, intent INTEGER)")
        return found

    def add_turn(self, conversation, text, reply, intent):
        connection = self.connection()
        rows = [(uuid.uuid4().hex, conversation, "visitor", text, intent), (uuid.uuid4().hex, conversation, "bot", reply, intent)]
        with connection:
            connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?)", rows)


class Inbound(BaseModel):
    conversation_id: str
    text: str


app = FastAPI()
classify = Classifier(os.environ["MODEL"], os.environ["GRAPH"])
storage = Storage(os.environ["DB"])


@app.get("/")
def ready():
    return {"ready": True}


@app.post("/v1/messages")
def message(inbound: Inbound):
    intent, confidence = classify(inbound.text)
    reply = f"the answer to intent {intent}"
    storage.add_turn(inbound.conversation_id, inbound.text, reply, intent)
    return {"intent": intent, "confidence": confidence, "reply": reply}
