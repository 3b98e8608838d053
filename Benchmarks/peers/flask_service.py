"""What a tutorial ends with: Flask, transformers, PyTorch. The second peer of turns.py; it stores nothing.

    MODEL=HUGGING_FACE_DIRECTORY PORT=8201 python flask_service.py      POST /predict {"text"} → {"prediction"}
"""

import os

import torch
from flask import Flask, jsonify, request
from transformers import BertForSequenceClassification, PreTrainedTokenizerFast

app = Flask(__name__)
directory = os.environ["MODEL"]
tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{directory}/tokenizer.json")
model = BertForSequenceClassification.from_pretrained(directory, num_labels=60).eval()


@app.post("/predict")
def predict():
    tokens = tokenizer(request.get_json()["text"], truncation=True, max_length=128, return_tensors="pt")
    with torch.inference_mode():
        logits = model(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]).logits
    return jsonify(prediction=int(logits.argmax(dim=1)))


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8201")), threaded=True)
