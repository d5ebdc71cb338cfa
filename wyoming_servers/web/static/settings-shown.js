// Which settings matter, in the order in which people meet them; and which of them the app has an option for.

export const MATTER = {
  house: ["language", "home", "home_token", "data_dir"],
  hearing: ["wake", "wake_threshold", "stt", "stt_model", "stt_device", "stt_silence_s"],
  thinking: ["llm", "llm_model", "llm_url", "llm_gpu_layers", "llm_idle_s", "conversation_chatter"],
  speaking: ["tts", "tts_voice", "tts_speed"],
  documents: ["knowledge_folders", "knowledge_precision", "knowledge_embedder"],
  resources: ["models_fetch", "models_languages", "models_mirror", "memory_limit_mb", "memory_reserve_mb"],
  network: ["uri", "http_uri", "http_pairing_s", "web_uri", "zeroconf"],
};

/** The app's option for a setting, on its Configuration tab; what is not here the app sets itself. */
export const APP_OPTIONS = {
  language: "language",
  wake: "wake",
  wake_threshold: "wake_threshold",
  stt: "stt",
  stt_model: "stt_model",
  conversation: "conversation",
  llm: "llm",
  llm_model: "llm_model",
  llm_url: "llm_url",
  llm_key: "llm_key",
  tts: "tts",
  tts_voice: "tts_voice",
  tts_speed: "tts_speed",
  models_fetch: "models_fetch",
  models_languages: "languages",
  models_mirror: "models_mirror",
  memory_limit_mb: "memory_limit_mb",
  knowledge_folders: "documents",
  conversation_chatter: "chatter",
};
