import { safeStorage } from 'electron';
import type { Sealed, Vault } from './server/config/settings-file';

/**
 * The system's safe storage for API keys: Keychain, DPAPI, libsecret or KWallet. Only after `ready`.
 * @returns undefined where there is none. Chromium's "basic_text" encrypts with a password that is in its source, which is
 *   worse than nothing, as it looks like something.
 */
export function systemVault(): Vault | undefined {
  if (!safeStorage.isEncryptionAvailable()) return undefined;
  if (process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text') return undefined;
  return {
    seal(secret): Sealed | undefined {
      try {
        return { sealed: safeStorage.encryptString(secret).toString('base64') };
      } catch {
        return undefined; // the keyring is locked and was not opened
      }
    },
    open({ sealed }) {
      try {
        return safeStorage.decryptString(Buffer.from(sealed, 'base64'));
      } catch {
        return undefined;
      }
    },
  };
}
