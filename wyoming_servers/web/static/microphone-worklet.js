// Runs on the audio thread: turns what the microphone hears into 16-bit samples, in portions of 40 ms.

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.size = Math.round(sampleRate * 0.04);
    this.portion = new Int16Array(this.size);
    this.filled = 0;
    this.power = 0;
  }

  process([[samples]]) {
    for (const sample of samples ?? []) {
      this.portion[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      this.power += sample * sample;
      if (this.filled === this.size) this.send();
    }
    return true;
  }

  send() {
    this.port.postMessage({ pcm: this.portion.buffer, level: Math.sqrt(this.power / this.size) }, [
      this.portion.buffer,
    ]);
    this.portion = new Int16Array(this.size);
    this.filled = 0;
    this.power = 0;
  }
}

registerProcessor("microphone", Microphone);
