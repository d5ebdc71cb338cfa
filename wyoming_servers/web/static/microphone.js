// The browser's microphone, as 16-bit mono samples for the server.

const RATE_HZ = 16_000;

/** Return whether this browser lets this page hear: only over HTTPS, or on the machine itself. */
export const canListen = () =>
  window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia) && "AudioWorkletNode" in window;

/** Open the microphone. `heard(pcm, level)` gets an ArrayBuffer and the level from 0 to 1. Close what is returned. */
export async function openMicrophone(heard) {
  const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  const release = () => stream.getTracks().forEach((track) => track.stop());
  try {
    return await connect(stream, heard, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function connect(stream, heard, release) {
  const { context, source } = startContext(stream);
  await context.audioWorklet.addModule(new URL("./microphone-worklet.js", import.meta.url));
  const node = new AudioWorkletNode(context, "microphone", {
    numberOfOutputs: 0,
    channelCount: 1,
    channelCountMode: "explicit",
  });
  node.port.onmessage = ({ data }) => heard(data.pcm, data.level);
  source.connect(node);
  await context.resume();
  const close = () => {
    node.port.onmessage = null;
    release();
    return context.close();
  };
  return { rate: context.sampleRate, close };
}

/** Return a context at 16 kHz; Firefox only takes a microphone at the rate of its device, which the server takes too. */
function startContext(stream) {
  const context = new AudioContext({ sampleRate: RATE_HZ });
  try {
    return { context, source: context.createMediaStreamSource(stream) };
  } catch {
    context.close();
    const native = new AudioContext();
    return { context: native, source: native.createMediaStreamSource(stream) };
  }
}
