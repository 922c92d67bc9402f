import type { voices as english } from '../en/voices';
import type { Wording } from '../wording';

export const voices: Wording<typeof english> = {
  'voice.title': '声音',
  'voice.automatic': '自动',
  'voice.automaticHint': '由 {{engine}} 选择',
  'voice.button': '声音：{{name}}',
  'voice.search': '名称、语言或地区',
  'voice.list': '{{engine}} 的声音',
  'voice.none': '没有匹配的声音',
  'voice.unlisted': '{{engine}} 没有提供声音列表。',
  'voice.unknown': '尚未收到声音列表。请检查连接，然后重新打开。',
  'voice.female': '女声',
  'voice.male': '男声',
  'voice.otherLanguages': '其他',
  'voice.speed': '语速',
  'voice.speedValue': '{{speed}} 倍',
  'voice.failing': '{{engine}} 无法连接，暂由 {{instead}} 代为发声',
  'voice.failingAlone': '{{engine}} 无法连接，也没有其他声音可用',
  'voice.retry': '{{seconds}} 秒后重试',
  'voice.retryLater': '{{minutes}} 分钟后重试',
  'voice.retryNext': '将在下一句话时重试',

  'presenter.title': '选择数字人',
  'presenter.button': '数字人：{{name}}',
  'presenter.unknown': '数字人',
  'presenter.unlisted': '尚未收到数字人列表。请检查连接，然后重新打开。',
  'presenter.kind.presenter': 'Herald 数字人',
  'presenter.kind.livetalking': 'LiveTalking 文件夹',
  'presenter.endsRecording': '更换数字人会结束当前录制，已录内容会保留。',
};
