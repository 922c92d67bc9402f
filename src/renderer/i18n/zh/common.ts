import type { common as english } from '../en/common';
import type { Wording } from '../wording';

export const common: Wording<typeof english> = {
  'action.connect': '连接',
  'action.disconnect': '断开',
  'action.retryNow': '立即重试',
  'action.dismiss': '关闭',
  'action.close': '关闭列表',
  'action.cancel': '取消',
  'action.openInBrowser': '在浏览器中打开',

  'status.offline': '未连接',
  'status.connecting': '正在连接',
  'status.connected': '已就绪',
  'status.thinking': '正在思考',
  'status.speaking': '正在说话',
  'status.reconnecting': '正在重连',
  'status.queued': '排队中',
  'status.refused': '需要授权',

  'tab.list': '舞台旁的面板',
  'tab.chat': '对话',
  'tab.script': '台词',
  'tab.audio': '音频',

  'theme.auto': '主题：跟随系统',
  'theme.light': '主题：浅色',
  'theme.dark': '主题：深色',

  'language.switch': 'English',
  'language.switchLabel': '切换到英文',

  'error.say': '这句话没有播报',
  'error.interrupt': '打断失败',
  'error.mode': '切换模式失败',
  'error.perform': '无法进行该表演',
  'error.avatar': '该数字人无法登场，已改用默认数字人',
  'error.audio': '无法播放该文件',
  'error.audioUnknown': '请换一个文件：WAV、MP3、M4A、OGG、FLAC、WebM 或 MP4。',
  'error.oneFile': '一次只能处理一个文件，第一个正在上传。',
  'error.part': '数字人遇到问题（{{part}}）',
  'error.network': '服务器没有响应。请确认 Herald 正在运行；本页面会自动重连。',
  'error.notConnected': '请先连接，然后再试。',
  'error.http': '服务器返回 {{status}}。',
  'error.media': '没有收到画面。请确认防火墙允许此设备与服务器之间的 UDP 通信。',
  'error.webrtc': '此浏览器不支持 WebRTC，请使用新版 Chrome、Edge、Firefox 或 Safari 打开。',
};
