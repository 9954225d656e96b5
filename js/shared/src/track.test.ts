import assert from "node:assert/strict";
import { test } from "node:test";

import { scrolledTo, trackOf } from "./track";

test("a short list scrolls pixel by pixel", () => {
  const track = trackOf(100, 28, 300);
  assert.equal(track.height, 280);
  assert.equal(track.scaled, false);
  assert.equal(track.atOf(33), 33);
  assert.equal(track.wholeRoom, 2800 - 280);
});

test("the bar of 100 million rows reaches the last, and comes back to where it was put", () => {
  const track = trackOf(100_000_000, 28, 300);
  assert.equal(track.scaled, true);
  assert.ok(track.tall <= 8_000_000);
  assert.equal(track.atOf(track.tall - track.height), track.wholeRoom);
  assert.ok(Math.abs(track.atOf(track.topOf(1_234_567_890)) - 1_234_567_890) < 1);
  assert.equal((track.wholeRoom + track.height) / 28, 100_000_000);
});

test("few rows leave room for the header and no more", () => {
  assert.equal(trackOf(0, 28, 300).height, 84);
  assert.equal(trackOf(5, 28, 300).height, 140);
});

test("a row comes into sight with the least movement", () => {
  const track = trackOf(1000, 20, 200);
  assert.equal(scrolledTo(track, 400, 25), 400);
  assert.equal(scrolledTo(track, 400, 3), 60);
  assert.equal(scrolledTo(track, 400, 30), 420);
});
