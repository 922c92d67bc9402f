import type { performances as english } from '../en/performances';
import type { Wording } from '../wording';

export const performances: Wording<typeof english> = {
  'perform.button': '表演',
  'perform.title': '表演节目',
  'perform.running': '正在表演：{{name}}',
  'perform.unnamed': '表演 {{number}}',
  'perform.stop': '结束 {{name}}',
  'perform.loop': '循环',
  'perform.progress': '表演进度',
  'perform.none': '此数字人还没有表演节目。请在文件中描述节目，并这样启动 Herald：',
  'perform.keys': '按键：1 为动态，2 为静止，其后依次为各个节目',
};
