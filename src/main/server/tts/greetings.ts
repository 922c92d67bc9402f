/** A few words by which a voice can be judged, by language. */
const GREETINGS: Record<string, string> = {
  ar: 'مرحبا! هكذا يبدو صوتي. يسعدني أن أكون هنا.',
  cmn: '你好！这就是我的声音，很高兴为你服务。',
  cs: 'Dobrý den! Takhle zní můj hlas. Jsem rád, že tu mohu být.',
  de: 'Hallo! So klinge ich. Schön, hier zu sein.',
  el: 'Γεια σας! Έτσι ακούγεται η φωνή μου.',
  en: 'Hello! This is how I sound. It is good to be here.',
  es: '¡Hola! Así suena mi voz. Me alegra estar aquí.',
  fr: 'Bonjour ! Voici ma voix. Je suis ravi d’être ici.',
  hi: 'नमस्ते! मेरी आवाज़ ऐसी है। यहाँ आकर अच्छा लगा।',
  it: 'Ciao! Questa è la mia voce. Che bello essere qui.',
  ja: 'こんにちは。これが私の声です。どうぞよろしく。',
  ko: '안녕하세요! 제 목소리는 이렇습니다. 만나서 반갑습니다.',
  nl: 'Hallo! Zo klink ik. Fijn om hier te zijn.',
  pl: 'Dzień dobry! Tak brzmi mój głos. Miło mi tu być.',
  pt: 'Olá! Esta é a minha voz. É bom estar aqui.',
  ru: 'Здравствуйте! Так звучит мой голос. Рад быть здесь.',
  tr: 'Merhaba! Sesim böyle. Burada olmak güzel.',
  uk: 'Вітаю! Так звучить мій голос. Радий бути тут.',
  vi: 'Xin chào! Giọng của tôi nghe như thế này.',
  yue: '你好！我把聲就係咁樣，好高興見到你。',
  zh: '你好！这就是我的声音，很高兴为你服务。',
};

/** @param language BCP 47; English is greeted in where it is not known */
export const greetingIn = (language: string | undefined): string =>
  GREETINGS[language?.toLowerCase().split(/[-_]/)[0] ?? ''] ?? GREETINGS.en!;

/** `zh-CN-XiaoxiaoNeural`, `en_US-joe-medium`, `en-us+f3`, `yue`: the language that a voice's name begins with. */
export function languageInName(voice: string): string | undefined {
  const language = /^([a-z]{2,3})(?:[-_+][a-z0-9]|$)/i.exec(voice)?.[1]?.toLowerCase();
  return language !== undefined && Object.hasOwn(GREETINGS, language) ? language : undefined;
}
