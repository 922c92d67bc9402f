import type { SettingName } from '../../../shared/settings';

interface Words {
  /** What it is called in English; what it does is told by the server. */
  en: string;
  /** What it is called, and what it does, in Chinese. */
  zh: readonly [label: string, help: string];
}

/** Names of settings for people. One that is not here yet goes by its flag; a test tells which are missing. */
export const SETTING_WORDS: Partial<Record<SettingName, Words>> = {
  llm_preset: { en: 'Service', zh: ['服务', '回答问题的服务；本地服务（ollama、lmstudio、vllm）不需要密钥'] },
  llm_model: { en: 'Model', zh: ['模型', '该服务所用的模型'] },
  llm_base_url: { en: 'Address of another service', zh: ['其他服务的地址', '任何兼容 OpenAI 接口的其他服务'] },
  llm_api_key: { en: 'Key for that service', zh: ['该服务的密钥', '无论使用哪个服务，都使用此密钥'] },
  dashscope_api_key: {
    en: 'DashScope key',
    zh: ['DashScope 密钥', '发送给 DashScope；语音引擎为 qwen 时，也发送给 TTS_SERVER 指定的服务器'],
  },
  openai_api_key: {
    en: 'OpenAI key',
    zh: [
      'OpenAI 密钥',
      '发送给 OpenAI、llm_base_url 指定的服务；语音引擎为 openai 时，也发送给 TTS_SERVER 指定的服务器',
    ],
  },
  deepseek_api_key: { en: 'DeepSeek key', zh: ['DeepSeek 密钥', '仅发送给 DeepSeek'] },
  llm_system_prompt: { en: 'Persona', zh: ['人设', '主播是谁、如何说话'] },
  llm_temperature: { en: 'Freedom of answers', zh: ['回答的随机性', '数值越大，回答越自由'] },
  llm_history_tokens: {
    en: 'Memory of the conversation',
    zh: ['对话记忆', '每次提问时一并发送的历史长度；0 表示不发送'],
  },
  llm_tools: { en: 'Model may act', zh: ['允许模型操作', '允许模型启动表演、切换直播与静止'] },
  llm_extra_body: {
    en: 'More keys of each request',
    zh: ['附加请求参数', '附加到每个请求的 JSON 参数，例如 {"enable_search":true}'],
  },
  llm_first_token_s: { en: 'Wait for the first word', zh: ['首字等待时间', '等待回答第一个字的最长时间'] },
  llm_next_token_s: { en: 'Wait between words', zh: ['字间等待时间', '回答过程中两段文字之间的最长等待时间'] },
  chat_overlap: {
    en: 'A question during an answer',
    zh: ['回答中再次提问', '回答进行中又有提问时：排队（queue）或取代（replace）'],
  },
  rules: { en: 'Keyword rules', zh: ['关键词规则', '在模型之前执行的关键词规则（JSON 列表文件）'] },
  tts: {
    en: 'Voice engine',
    zh: [
      '语音引擎',
      'auto 自动选择；espeak 内置、离线；local、edgetts、gpt-sovits、xtts、cosyvoice、fishtts、indextts2、openai、azure、tencent、doubao、qwen',
    ],
  },
  voice: { en: 'Voice', zh: ['音色', '该引擎的音色（见 /api/voices）'] },
  speed: { en: 'Speed', zh: ['语速', '说话的快慢'] },
  pitch: { en: 'Pitch', zh: ['音调', '比音色原本更高或更低，需引擎支持'] },
  REF_FILE: {
    en: 'Voice name or reference recording',
    zh: ['参考录音或音色名', '按语音引擎的要求填写音色名或参考录音'],
  },
  REF_TEXT: { en: 'Words of the reference recording', zh: ['参考录音的文字', '参考录音中说的内容'] },
  TTS_SERVER: { en: 'Voice server', zh: ['语音服务器', '语音服务器的地址，或代替云端语音服务的地址'] },
  tts_model: {
    en: 'Model of the voice server',
    zh: ['语音服务器的模型', '语音服务器有多个模型时选用（openai：tts-1）'],
  },
  tts_api_key: { en: 'Key of the voice service', zh: ['语音服务的密钥', '语音服务所用的密钥'] },
  azure_speech_key: {
    en: 'Azure speech key',
    zh: ['Azure 语音密钥', '发送给 Azure 语音服务；语音引擎为 azure 时，也发送给 TTS_SERVER 指定的服务器'],
  },
  azure_tts_region: { en: 'Azure region', zh: ['Azure 区域', 'Azure 语音服务所在的区域'] },
  tencent_appid: { en: 'Tencent AppId', zh: ['腾讯云 AppId', '腾讯云账号的 AppId'] },
  tencent_secret_id: {
    en: 'Tencent SecretId',
    zh: ['腾讯云 SecretId', '该账号的 SecretId，发送给腾讯语音服务；语音引擎为 tencent 时，也发送给 TTS_SERVER'],
  },
  tencent_secret_key: { en: 'Tencent SecretKey', zh: ['腾讯云 SecretKey', '该账号的 SecretKey，仅用于签名，从不发送'] },
  doubao_appid: { en: 'Doubao app id', zh: ['豆包 AppId', '火山引擎语音服务（豆包）的应用 ID'] },
  doubao_token: {
    en: 'Doubao access token',
    zh: ['豆包访问令牌', '该应用的访问令牌，发送给其语音服务；语音引擎为 doubao 时，也发送给 TTS_SERVER'],
  },
  tts_sample_rate: {
    en: 'Sample rate of the voice server',
    zh: ['语音服务器的采样率', '语音服务器只发送裸采样时的采样率（CosyVoice 1 为 22050，CosyVoice 2 为 24000）'],
  },
  tts_deadline_s: {
    en: 'Wait for the voice',
    zh: ['语音等待时间', '等待一句话发出第一个声音的最长时间，超时后由备用语音说出'],
  },
  voice_mirror: { en: 'Mirror for voices', zh: ['语音镜像', '从该 Hugging Face 镜像下载语音，路径须相同'] },
  pause_after_fault_s: {
    en: 'Rest after a failure',
    zh: ['故障后的停用时间', '语音或模型服务出错后，在此时间内不再请求'],
  },
  avatar_id: { en: 'Presenter', zh: ['主播', '登台的主播形象'] },
  model: { en: 'Mouth model', zh: ['口型模型', 'lip-mini（内置）、.pth 或 .onnx 文件，或模型文件夹中的名称'] },
  precision: {
    en: 'How the model runs',
    zh: [
      '模型运行方式',
      '模型在 CPU 上的运行方式：full（整幅画面）、fast（口型相同，仅下半部分）、int8（更快，足够接近时使用）；auto 在模型允许时使用 fast',
    ],
  },
  provider: { en: 'What the model runs on', zh: ['运行设备', '模型所用的设备；auto 会尝试 GPU 并选用最快的'] },
  batch_size: { en: 'Pictures per call', zh: ['每次推理的帧数', '每次推理最多的帧数；在 CPU 上超过 4 只会增加延迟'] },
  feature_cache_mb: { en: 'Memory for faces', zh: ['人脸缓存', '快速模式为主播人脸保留的内存'] },
  customvideo_config: { en: 'Performances', zh: ['表演列表', '表演的 JSON 列表文件（audiotype >= 2）'] },
  performance_overlap: {
    en: 'A performance during speech',
    zh: ['说话中的表演', '说话与表演互相等待（queue），或后来者打断前者（cut）'],
  },
  avatars: {
    en: 'Folder of more avatars',
    zh: ['更多形象的文件夹', '存放更多主播形象的文件夹，或 LiveTalking 的 data/avatars'],
  },
  models: {
    en: 'Folder of more models',
    zh: ['更多模型的文件夹', '存放更多口型模型的文件夹，例如 LiveTalking 的 models'],
  },
  record_max_minutes: { en: 'Longest recording', zh: ['最长录制时间', '录制达到此时长后自动结束'] },
  record_min_free_mb: { en: 'Disk space left free', zh: ['保留的磁盘空间', '录制时为磁盘保留的空间'] },
  video_bitrate_kbps: { en: 'Video bit rate', zh: ['视频码率', '编码视频的码率'] },
  max_upload_mb: { en: 'Largest upload', zh: ['最大上传', '允许上传的最大文件'] },
  max_audio_minutes: { en: 'Longest audio', zh: ['最长音频', '允许播报的最长音频'] },
  ffmpeg_path: { en: 'The ffmpeg program', zh: ['ffmpeg 程序', '用于导出的 ffmpeg 程序'] },
  listenport: { en: 'Port', zh: ['端口', 'HTTP 端口；0 表示任意空闲端口'] },
  host: { en: 'Address to listen on', zh: ['监听地址', '监听的地址；127.0.0.1 表示仅限本机'] },
  max_session: { en: 'Sessions at a time', zh: ['同时会话数', '同时允许的 API 会话数，工作室窗口不计入'] },
  transport: { en: 'Where the picture goes', zh: ['画面去向', '发送给请求的客户端（webrtc），或推送到 push_url'] },
  push_url: {
    en: 'Push address',
    zh: ['推流地址', 'rtmp 与 rtcpush 的推流地址；更多会话（max_session）在其后加 1、2……'],
  },
  stun: { en: 'STUN servers', zh: ['STUN 服务器', 'STUN 服务器，用逗号分隔'] },
  turn: { en: 'TURN servers', zh: ['TURN 服务器', 'TURN 服务器，用逗号分隔'] },
  turn_username: { en: 'TURN user name', zh: ['TURN 用户名', 'TURN 服务器的用户名'] },
  turn_password: { en: 'TURN password', zh: ['TURN 密码', 'TURN 服务器的密码'] },
  log_level: { en: 'Log messages from', zh: ['日志级别', '打印的最低级别消息'] },
  log_file: {
    en: 'Keep the log in a file',
    zh: ['将日志写入文件', '同时把日志保存在数据文件夹中（logs/herald.log，5 个 5 MB 的文件）'],
  },
  drain_s: {
    en: 'Grace when ending',
    zh: ['结束前的宽限时间', '收到结束请求（SIGTERM）后，现有会话可继续的时间，期间拒绝新会话；0 表示立即结束'],
  },
  token: { en: 'Token', zh: ['令牌', '外部调用者所需的令牌（Authorization: Bearer 或 ?token=）'] },
  tokens: {
    en: 'More tokens',
    zh: ['更多令牌', '更多令牌及其权限：JSON 列表 {"name", "scope": "view|control|admin", "sha256"}'],
  },
  require_token: { en: 'Ask everyone for the token', zh: ['要求所有人提供令牌', '本机与局域网也需要令牌'] },
  no_auth: { en: 'Serve everyone without a token', zh: ['不需要令牌', '为所有人（包括任何网页）提供服务，不需要令牌'] },
  allowed_hosts: { en: 'Host names', zh: ['主机名', '允许用来访问 Herald 的主机名，用逗号分隔'] },
  trust_proxy: { en: 'Believe a proxy', zh: ['信任代理', '信任本机或局域网反向代理的 X-Forwarded-For / Forwarded'] },
  rate_limit: { en: 'Requests per second', zh: ['每秒请求数', '0 表示不限；本机至少允许 200'] },
  tls_cert: { en: 'TLS certificate', zh: ['TLS 证书', '使用此证书（PEM，含证书链）提供 HTTPS'] },
  tls_key: { en: 'TLS private key', zh: ['TLS 私钥', '该证书的私钥（PEM，无密码）'] },
};

/** Units and worked-out defaults as the server writes them, in Chinese. What stands here not (Hz, MB, URL) is the same. */
export const CHINESE: Readonly<Record<string, string>> = {
  port: '端口',
  address: '地址',
  sessions: '个会话',
  'name or file': '名称或文件',
  'times normal': '倍',
  semitones: '半音',
  s: '秒',
  file: '文件',
  folder: '文件夹',
  pictures: '帧',
  names: '主机名',
  'requests/s per address': '次/秒（每个地址）',
  minutes: '分钟',
  '0 to 2': '0 至 2',
  tokens: '词元',
  'the built-in presenter': '内置主播',
  "the engine's own": '引擎自带',
  "the engine's usual one": '引擎常用值',
  'made at first start': '首次启动时生成',
  'IP addresses, localhost and the names of this machine': 'IP 地址、localhost 与本机名称',
  'the one on the PATH, else the one of npm run fetch-ffmpeg': 'PATH 中的 ffmpeg，否则为 npm run fetch-ffmpeg 获取的',
  "the preset's": '由服务决定',
  "the preset's; qwen-plus": '由服务决定；qwen-plus',
  "the model's own": '由模型决定',
  'a friendly presenter that answers briefly, in the language of the question': '友好的主播，用提问的语言简短回答',
  none: '无',
  'rtcpush: SRS on this machine': 'rtcpush：本机的 SRS',
  'tokens.json in the data folder': '数据文件夹中的 tokens.json',
};
