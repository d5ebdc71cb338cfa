// A spoken turn: the microphone's samples go to the server over a WebSocket, and what it makes of them comes back.

import { address, ApiError } from "./api.js";
import { canListen, openMicrophone } from "./microphone.js";

/** Listen until the server has heard a sentence, or `stop` is called. `told` gets the server's events and the level. */
export async function listen(language, told) {
  if (!canListen()) throw new ApiError(0, "insecure", "");
  const waiting = [];
  let socket = null;
  const send = (data) => (socket?.readyState === WebSocket.OPEN ? socket.send(data) : waiting.push(data));
  const microphone = await openMicrophone((pcm, level) => {
    send(pcm);
    told.level(level);
  }).catch((error) => {
    throw new ApiError(0, error.name === "NotAllowedError" ? "microphone-denied" : "microphone-failed", "");
  });
  socket = new WebSocket(address("api/try/listen", "ws"));
  socket.binaryType = "arraybuffer";
  return follow(socket, waiting, microphone, language, told);
}

function follow(socket, waiting, microphone, language, told) {
  let deaf = false;
  let closed = false;
  const deafen = () => {
    if (deaf) return;
    deaf = true;
    microphone.close();
    told.deaf();
  };
  socket.addEventListener("open", () => {
    socket.send(JSON.stringify({ language, rate: microphone.rate }));
    for (const each of waiting.splice(0)) socket.send(each);
  });
  socket.addEventListener("message", ({ data }) => {
    const event = JSON.parse(data);
    if (event.event === "transcript" || event.event === "error") deafen();
    told.event(event);
  });
  socket.addEventListener("close", () => {
    closed = true;
    deafen();
    told.closed();
  });
  return {
    stop() {
      deafen();
      if (!closed && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ done: true }));
    },
    abandon() {
      deafen();
      socket.close();
    },
  };
}
