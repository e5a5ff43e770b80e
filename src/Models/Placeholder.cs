namespace Ckpt.Models;
