"""What a data scientist writes: all weights of an encoder tuned with PyTorch on the CPU. The peer of training.py.

    training_torch.py MODEL_DIRECTORY DATA_DIRECTORY SPLIT EPOCHS RATE BATCH

Reads SPLIT.jsonl ({"text", "intent"} a line). Prints `tokens_per_s N` per epoch; padding does not count as a token. Batches
are made of texts of similar length, and the embedding table of a large vocabulary stays as it is: both make it faster.
"""

import json
import random
import sys
import time

import torch
from transformers import AutoModel, PreTrainedTokenizerFast

LONGEST, LARGE_VOCABULARY = 64, 100_000


def batches(rows, size):
    ordered = sorted(rows, key=lambda row: len(row["text"]) + 20 * random.random())
    parts = [ordered[start:start + size] for start in range(0, len(ordered), size)]
    random.shuffle(parts)
    return parts


class Classifier(torch.nn.Module):
    def __init__(self, directory, labels):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(directory)
        if self.encoder.config.vocab_size > LARGE_VOCABULARY:
            self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        self.dropout = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, labels)

    def forward(self, ids, mask):
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        shares = mask.unsqueeze(-1).float()
        return self.head(self.dropout((hidden * shares).sum(1) / shares.sum(1)))

    def groups(self, rate):
        encoder = [weight for weight in self.encoder.parameters() if weight.requires_grad]
        return [{"params": encoder, "lr": rate}, {"params": self.head.parameters(), "lr": 20 * rate}]


def main():
    directory, data, split = sys.argv[1:4]
    epochs, rate, size = int(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6])
    random.seed(0)
    torch.manual_seed(0)
    with open(f"{data}/{split}.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    number = {intent: index for index, intent in enumerate(sorted({row["intent"] for row in rows}))}
    with open(f"{directory}/manifest.json", encoding="utf-8") as file:
        prefix = json.load(file).get("query_prefix", "")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=f"{directory}/tokenizer.json", pad_token="<pad>" if prefix else "[PAD]")
    model = Classifier(directory, len(number))
    optimizer = torch.optim.AdamW(model.groups(rate), weight_decay=0.01)
    total = epochs * -(-len(rows) // size)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (0.1 * total), (total - step) / total))
    model.train()
    seconds = tokens = 0
    for epoch in range(epochs):
        began = time.monotonic()
        for batch in batches(rows, size):
            inputs = tokenizer([prefix + row["text"] for row in batch], padding=True, truncation=True, max_length=LONGEST,
                               return_tensors="pt")
            tokens += int(inputs["attention_mask"].sum())
            wanted = torch.tensor([number[row["intent"]] for row in batch])
            loss = torch.nn.functional.cross_entropy(
                model(inputs["input_ids"], inputs["attention_mask"]), wanted, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        seconds += time.monotonic() - began
        print(f"epoch {epoch + 1} loss {loss.item():.3f} tokens_per_s {tokens / seconds:.0f}", flush=True)


if __name__ == "__main__":
    main()
