import type { desktop as english } from '../en/desktop';
import type { Wording } from '../wording';

/** 仅桌面应用具有的内容，以及首次启动向导。 */
export const desktop: Wording<typeof english> = {
  'desktop.hotkeys': '全局快捷键',
  'desktop.hotkeysHelp': '即使其他程序在前台也有效。在输入框中直接按下组合键；按 Backspace 可停用。',
  'desktop.hotkey.interrupt': '打断',
  'desktop.hotkey.record': '开始或停止录制',
  'desktop.hotkey.nextLine': '台词的下一行',
  'desktop.hotkeyOff': '已停用',
  'desktop.hotkeyTaken': '该组合键已被其他程序占用，请换一个。',
  'desktop.hotkeyBare': '请加上 Ctrl、Alt 等修饰键，或使用 F1 至 F24。',
  'desktop.feedOnTop': '纯净画面保持置顶',
  'desktop.feedOnTopHelp': '纯净画面的窗口始终位于其他程序的窗口之上。',
  'desktop.notify': '通知',
  'desktop.notifyHelp': '其他程序在前台时，导出或短片完成后发出通知。',
  'desktop.closeToTray': '关闭后保留在托盘',
  'desktop.closeToTrayHelp': '关闭窗口后服务器继续运行，点击托盘图标可重新打开窗口。',
  'desktop.safeStorage': '密钥与令牌由系统的安全存储保管。',
  'desktop.noSafeStorage': '本系统没有安全存储：密钥保存在 settings.json 中，仅当前用户可读。',
  'desktop.failed': '更改未成功',
  'desktop.openFeed': '在窗口中打开纯净画面',

  'guide.title': '欢迎使用 Herald',
  'guide.lead': '一切已可直接使用。您也可以先选择以下三项：',
  'guide.presenter': '主播形象',
  'guide.presenterHelp': '舞台上的主播，之后可以导入更多。',
  'guide.voice': '语音',
  'guide.voiceAuto': '自动选择最佳（联网时使用微软的服务）',
  'guide.voiceOffline': '仅使用本机',
  'guide.voiceHelp': '只有选择第一项时，句子才会发送到外部。',
  'guide.key': '对话密钥（可选）',
  'guide.keyHelp': '填写 DashScope 密钥后，主播即可回答问题。其他服务与本地模型可在设置中选择。',
  'guide.start': '开始',
  'guide.skip': '跳过',
  'guide.failed': '未能保存',
};
